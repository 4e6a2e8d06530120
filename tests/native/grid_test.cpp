// SPDX-License-Identifier: Apache-2.0
// The order in which tiles are done: each of them once, and few panels between visits of the same one.
#include "distance/grid.h"

#include <algorithm>
#include <set>
#include <vector>

#include "doctest/doctest.h"

using namespace lightcone;

namespace {

// Every tile once; the tiles of one square, if it is whole, one after the other.
void check_visits(const Grid& grid) {
  std::vector<int> visits(static_cast<size_t>(grid.tiles()));
  std::set<std::pair<int64_t, int64_t>> left;
  std::pair<int64_t, int64_t> square{-1, -1};
  for (int64_t step = 0; step < grid.tiles(); ++step) {
    int64_t i = -1, j = -1, at_i = -1, at_j = -1;
    grid.visit(step, &i, &j);
    REQUIRE(i >= 0);
    REQUIRE(i < grid.row_blocks());
    REQUIRE(j >= (grid.triangle() ? i : 0));
    REQUIRE(j < grid.column_blocks());
    const int64_t tile = grid.index(i, j);
    grid.at(tile, &at_i, &at_j);
    CHECK(at_i == i);
    CHECK(at_j == j);
    ++visits[static_cast<size_t>(tile)];
    const std::pair<int64_t, int64_t> now{i / kSquare, j / kSquare};
    if (now != square) {
      CHECK(left.insert(now).second);  // a square once left is not come back to
      square = now;
    }
  }
  CHECK(std::all_of(visits.begin(), visits.end(), [](int n) { return n == 1; }));
}

}  // namespace

TEST_CASE("tiles are visited once each, square by square") {
  for (const int64_t rows : {1, 96, 97, 4 * 96, 4 * 96 + 1, 9 * 96 + 5})
    for (const int64_t columns : {1, 96, 3 * 96, 4 * 96, 8 * 96, 11 * 96 + 7}) {
      CAPTURE(rows);
      CAPTURE(columns);
      check_visits(Grid(rows, columns, false));
      if (rows <= columns) check_visits(Grid(rows, columns, true));  // whole triangles and bands
    }
}
