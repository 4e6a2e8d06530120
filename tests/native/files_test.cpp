// SPDX-License-Identifier: Apache-2.0
// Files do what files of others do: they are folders, pipes or missing, they shrink and change while they are
// read. Each is a status and a sentence, and never a signal.
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "support.h"

using namespace support;

namespace {

constexpr int64_t kModels = 6, kSamples = 300, kClasses = 10;
constexpr int64_t kBytes = kModels * kSamples * kClasses * 4;

std::vector<float> probabilities() { return std::vector<float>(kModels * kSamples * kClasses, 0.1f); }

lightcone_status add(lightcone_predictions* table, const char* path) {
  return lightcone_predictions_add_file(table, path, 0, LIGHTCONE_PROBABILITIES, LIGHTCONE_FLOAT32, 0, kModels, 0,
                                        kSamples, kSamples * kClasses * 4);
}

Handle empty_table() {
  lightcone_predictions* raw = nullptr;
  REQUIRE(lightcone_predictions_create(kModels, kSamples, kClasses, &raw) == LIGHTCONE_OK);
  return Handle(raw);
}

// Everything that reads a table. The statuses that came.
std::vector<lightcone_status> use(lightcone_predictions* table) {
  std::vector<lightcone_status> statuses;
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.threads = 2;
  std::vector<float> d(kModels * kModels);
  statuses.push_back(lightcone_distances(table, &options, nullptr, d.data(), nullptr));
  const std::vector<int32_t> labels(kSamples, 3);
  std::vector<double> progress(kModels), rows(kSamples * kClasses);
  statuses.push_back(lightcone_progress(table, labels.data(), kSamples, 2, nullptr, progress.data()));
  statuses.push_back(lightcone_predictions_read(table, 1, 0, kSamples, rows.data()));
  return statuses;
}

}  // namespace

TEST_CASE("what is no regular file is refused at once") {
  const TemporaryFile place(nullptr, 0);
  const std::string fifo = std::string(place.path()) + ".fifo", folder = std::string(place.path()) + ".folder",
                    loop = std::string(place.path()) + ".loop";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  REQUIRE(::symlink(loop.c_str(), loop.c_str()) == 0);
  const Handle table = empty_table();
  const std::string under = std::string(place.path()) + "/P.npy", longest(5000, 'x');
  for (const auto& [path, why] : {std::pair<std::string, const char*>{fifo, "a pipe"},
                                  {folder, "a folder"},
                                  {"/dev/zero", "a device"},
                                  {loop, "symbolic links"},
                                  {under, "Not a directory"},
                                  {longest, "too long"},
                                  {"", "No such file"}}) {
    INFO(path.substr(0, 100));
    CHECK(add(table.get(), path.c_str()) == LIGHTCONE_IO);
    const std::string sentence = lightcone_last_error();
    INFO(sentence);
    // The longest is cut with its reason.
    CHECK((path == longest || sentence.find(why) != std::string::npos));
    CHECK(sentence.find(path.substr(0, 100)) != std::string::npos);
  }
  ::unlink(fifo.c_str());
  ::unlink(loop.c_str());
  ::rmdir(folder.c_str());
}

TEST_CASE("a file that is cut before it is validated, or after, is a failure to read") {
  const std::vector<float> x = probabilities();
  TemporaryFile file(x.data(), kBytes);
  Handle table = empty_table();
  REQUIRE(add(table.get(), file.path()) == LIGHTCONE_OK);
  REQUIRE(::truncate(file.path(), kBytes / 2) == 0);
  CHECK(lightcone_predictions_validate(table.get(), 2, nullptr) == LIGHTCONE_IO);
  CHECK(std::string(lightcone_last_error()) == std::string(file.path()) + " became shorter while it was read");
  // The handle is as before: with the file whole again it validates.
  file.write(x.data(), kBytes);
  REQUIRE(lightcone_predictions_validate(table.get(), 2, nullptr) == LIGHTCONE_OK);
  REQUIRE(::truncate(file.path(), 0) == 0);
  for (const lightcone_status status : use(table.get())) CHECK(status == LIGHTCONE_IO);
  // Its name may go, or become a folder's: the open file stays readable.
  file.write(x.data(), kBytes);
  REQUIRE(::unlink(file.path()) == 0);
  REQUIRE(::mkdir(file.path(), 0700) == 0);
  CHECK(lightcone_predictions_read(table.get(), 0, 0, 0, std::vector<double>(1).data()) == LIGHTCONE_OK);
  for (const lightcone_status status : use(table.get())) CHECK(status == LIGHTCONE_OK);
  ::rmdir(file.path());
}

TEST_CASE("a file that shrinks and grows during the calls never ends the process") {
  const std::vector<float> x = probabilities();
  const TemporaryFile file(x.data(), kBytes);
  const Handle table = empty_table();
  REQUIRE(add(table.get(), file.path()) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_validate(table.get(), 2, nullptr) == LIGHTCONE_OK);
  std::atomic<bool> stop{false};
  std::thread other([&] {
    // Grown by truncate it has zeros where probabilities were.
    for (int64_t k = 0; !stop; ++k)
      if (::truncate(file.path(), k % 2 == 0 ? kBytes * (k % 7) / 7 : kBytes) != 0) return;
  });
  int failures = 0;
  // 60 rounds, and more until a cut has been met: the other thread may be slow to start.
  for (int round = 0; round < 60 || (failures == 0 && round < 6000); ++round)
    for (const lightcone_status status : use(table.get())) {
      CHECK((status == LIGHTCONE_OK || status == LIGHTCONE_IO || status == LIGHTCONE_INVALID_DATA));
      failures += status != LIGHTCONE_OK;
    }
  stop = true;
  other.join();
  CHECK(failures > 0);
}

TEST_CASE("numbers that change after the validation give numbers or a status") {
  std::vector<float> x = probabilities();
  TemporaryFile file(x.data(), kBytes);
  const Handle table = empty_table();
  REQUIRE(add(table.get(), file.path()) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_validate(table.get(), 2, nullptr) == LIGHTCONE_OK);
  std::mt19937 random(3);
  for (const float value : {NAN, 0.0f, -1.0f, INFINITY, 1e-45f, 3e38f}) {
    for (float& v : x)
      if (random() % 3 == 0) v = value;
    file.write(x.data(), kBytes);
    for (const lightcone_status status : use(table.get()))
      CHECK((status == LIGHTCONE_OK || status == LIGHTCONE_INVALID_DATA));
  }
}
