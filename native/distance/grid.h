// SPDX-License-Identifier: Apache-2.0
// The tiles of pairs that one call computes: blocks of kBlock models by blocks of kBlock models, row by row. A
// triangle has j >= i (all pairs of one table, or the first block rows of them: a band), a rectangle all of
// rows x columns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "distance/kernels.h"

namespace lightcone {

// Tiles to a side of a square that is done together: 8 panels of 512 KiB.
constexpr int64_t kSquare = 4;

inline int64_t blocks_of(int64_t models) { return (models + kBlock - 1) / kBlock; }

class Grid {
 public:
  // `rows` models in block rows, of `columns` models in all; in a triangle the rows are the first columns.
  Grid(int64_t rows, int64_t columns, bool triangle)
      : rows_(rows), columns_(columns), triangle_(triangle) {
    for (int64_t i = 0; i < row_blocks(); ++i) {
      row_begin_.push_back(count_);
      count_ += column_blocks() - (triangle ? i : 0);
    }
  }

  int64_t tiles() const { return count_; }
  int64_t rows() const { return rows_; }
  int64_t row_blocks() const { return blocks_of(rows_); }
  int64_t column_blocks() const { return blocks_of(columns_); }
  int64_t rows_in(int64_t i) const { return std::min(kBlock, rows_ - i * kBlock); }
  int64_t columns_in(int64_t j) const { return std::min(kBlock, columns_ - j * kBlock); }
  bool triangle() const { return triangle_; }

  int64_t index(int64_t i, int64_t j) const {
    return row_begin_[static_cast<size_t>(i)] + j - (triangle_ ? i : 0);
  }
  void at(int64_t tile, int64_t* i, int64_t* j) const {
    const auto it = std::upper_bound(row_begin_.begin(), row_begin_.end(), tile) - 1;
    *i = it - row_begin_.begin();
    *j = tile - *it + (triangle_ ? *i : 0);
  }
  // The same tiles in an order that keeps panels in cache: squares of kSquare x kSquare tiles, row by row of squares,
  // and row by row in each. A panel then comes from memory once for kSquare tiles, and the 2 kSquare panels of a square
  // are all that two or more threads need at a time.
  void visit(int64_t step, int64_t* i, int64_t* j) const {
    const int64_t above = std::upper_bound(row_begin_.begin(), row_begin_.end(), step) - row_begin_.begin() - 1;
    const int64_t first = above / kSquare * kSquare;  // of the row of squares
    const int64_t rows = std::min(kSquare, row_blocks() - first);
    int64_t rest = step - row_begin_[static_cast<size_t>(first)];
    int64_t column = triangle_ ? first : 0;
    if (triangle_) {  // the square on the diagonal: its rows become shorter
      const int64_t width = std::min(kSquare, column_blocks() - column);
      for (int64_t r = 0; r < rows; rest -= width - r, ++r)
        if (rest < width - r) {
          *i = first + r;
          *j = column + r + rest;
          return;
        }
      column += width;
    }
    column += rest / (rows * kSquare) * kSquare;
    rest %= rows * kSquare;
    const int64_t width = std::min(kSquare, column_blocks() - column);
    *i = first + rest / width;
    *j = column + rest % width;
  }
  bool diagonal(int64_t i, int64_t j) const { return triangle_ && i == j; }
  // The first column of row r whose pair counts.
  int64_t first_column(int64_t i, int64_t j, int64_t r) const { return diagonal(i, j) ? r + 1 : 0; }

  // Of the tile's rows [begin, end).
  int64_t pairs_in(int64_t i, int64_t j, int64_t begin, int64_t end) const {
    int64_t pairs = 0;
    for (int64_t r = begin; r < end; ++r) pairs += columns_in(j) - first_column(i, j, r);
    return pairs;
  }
  int64_t pairs_in(int64_t i, int64_t j) const {
    return diagonal(i, j) ? rows_in(i) * (rows_in(i) - 1) / 2 : rows_in(i) * columns_in(j);
  }
  int64_t pairs() const {
    return rows_ * columns_ - (triangle_ ? rows_ * (rows_ + 1) / 2 : 0);
  }

 private:
  int64_t rows_, columns_;
  bool triangle_;
  int64_t count_ = 0;
  std::vector<int64_t> row_begin_;
};

}  // namespace lightcone
