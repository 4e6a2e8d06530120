// SPDX-License-Identifier: Apache-2.0
// The team of threads: every task once, exceptions, no tasks, more threads than tasks, a run inside a run.
#include "base/team.h"

#include <stdexcept>

#include "doctest/doctest.h"

using lightcone::Team;

TEST_CASE("a team runs every task once, whatever the sizes") {
  for (const int threads : {1, 2, 7}) {
    Team team(threads);
    CHECK(team.size() == threads);
    for (const int64_t count : {-1, 0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count < 0 ? 0 : count));
      std::atomic<bool> known{true};
      team.run(count, [&](int64_t task, int thread) {
        ++seen[static_cast<size_t>(task)];
        if (thread < 0 || thread >= threads) known = false;
      });
      CHECK(known);
      for (const auto& times : seen) CHECK(times == 1);
    }
  }
}

TEST_CASE("what one run wrote without locks the next one reads") {
  Team team(4);
  std::vector<int64_t> sums(256);
  for (int round = 0; round < 200; ++round)
    team.run(256, [&](int64_t task, int) { sums[static_cast<size_t>(task)] += task; });
  for (int64_t task = 0; task < 256; ++task) CHECK(sums[static_cast<size_t>(task)] == 200 * task);
}

TEST_CASE("the first exception ends the run, and the team works on") {
  for (const int threads : {1, 3}) {
    Team team(threads);
    for (int round = 0; round < 50; ++round) {
      std::atomic<int64_t> ran{0};
      CHECK_THROWS_WITH_AS(team.run(int64_t{1} << 40,
                                    [&](int64_t task, int) {
                                      ++ran;
                                      if (task == 5) throw std::runtime_error("task 5");
                                    }),
                           "task 5", std::runtime_error);
      CHECK(ran >= 6);
      ran = 0;
      team.run(10, [&](int64_t, int) { ++ran; });
      CHECK(ran == 10);
    }
    // All of them at once: one is rethrown, none is lost in a destructor.
    CHECK_THROWS_AS(team.run(threads, [](int64_t, int) { throw 7; }), int);
  }
}

TEST_CASE("a run inside a run of the same team is refused, of another team it is not") {
  for (const int threads : {1, 2}) {
    Team team(threads);
    CHECK_THROWS_AS(team.run(4, [&](int64_t, int) { team.run(1, [](int64_t, int) {}); }), std::logic_error);
    std::atomic<int> inner{0};
    team.run(4, [&](int64_t, int) { Team(2).run(3, [&](int64_t, int) { ++inner; }); });
    CHECK(inner == 12);
  }
}

TEST_CASE("a team has a largest size") {
  CHECK(Team(0).size() >= 1);
  CHECK(Team(-5).size() == Team(0).size());
  const Team most(INT32_MAX);
  CHECK(most.size() <= lightcone::kMostThreads);
}
