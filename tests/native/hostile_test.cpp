// SPDX-License-Identifier: Apache-2.0
// Every function of lightcone.h is called wrongly in every way its arguments allow (hostile.h), and files do what
// files of others do: they shrink, are replaced, are no files.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "hostile.h"

using namespace support;

namespace {

// Functions that cannot fail: what they do with null is asserted below.
const std::set<std::string> kCannotFail = {
    "lightcone_abi_version",     "lightcone_version",         "lightcone_compiler",
    "lightcone_last_error",      "lightcone_isa_name",        "lightcone_control_destroy",
    "lightcone_control_cancel",  "lightcone_control_done",    "lightcone_control_total",
    "lightcone_predictions_destroy", "lightcone_device_tiles_destroy"};

std::vector<hostile::Call> all_calls(const hostile::Handles& h, hostile::Store& store) {
  std::vector<hostile::Call> all;
  for (auto* family : {hostile::library_calls, hostile::distance_calls, hostile::embed_calls,
                       hostile::geometry_calls, hostile::plane_calls})
    for (hostile::Call& c : family(h, store)) all.push_back(std::move(c));
  return all;
}

// The names behind LIGHTCONE_API in the header.
std::set<std::string> declared() {
  std::ifstream file(LIGHTCONE_HEADER);
  REQUIRE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  const std::string header = text.str();
  const std::string mark = "LIGHTCONE_API ";
  std::set<std::string> names;
  for (size_t at = header.find("\n" + mark); at != std::string::npos; at = header.find("\n" + mark, at + 1)) {
    const std::string declaration = header.substr(at, header.find('(', at) - at);
    names.insert(declaration.substr(declaration.find_last_of(" *") + 1));
  }
  REQUIRE(names.size() >= 20);
  return names;
}

}  // namespace

TEST_CASE("every function of the header refuses every wrong argument") {
  const hostile::Handles handles;
  hostile::Store store;
  std::set<std::string> covered;
  for (const hostile::Call& c : all_calls(handles, store)) {
    covered.insert(c.function);
    hostile::run(c);
  }
  for (const std::string& name : declared()) {
    const bool initialiser = name.size() > 5 && name.compare(name.size() - 5, 5, "_init") == 0;
    INFO(name << " has no hostile calls: describe a sound one in hostile_FAMILY.cpp");
    CHECK((covered.count(name) == 1 || kCannotFail.count(name) == 1 || initialiser));
  }
}

TEST_CASE("what cannot fail takes null") {
  lightcone_control_destroy(nullptr);
  lightcone_control_cancel(nullptr);
  CHECK(lightcone_control_done(nullptr) == 0);
  CHECK(lightcone_control_total(nullptr) == 0);
  lightcone_predictions_destroy(nullptr);
  lightcone_device_tiles_destroy(nullptr);
  lightcone_distances_options_init(nullptr);
  lightcone_distances_report_init(nullptr);
  CHECK(std::string(lightcone_isa_name(-1)).empty());
}

TEST_CASE("a sentence belongs to its thread") {
  CHECK(lightcone_predictions_validate(nullptr, 1, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  std::string other = "unset";
  std::thread([&] { other = lightcone_last_error(); }).join();
  CHECK(other.empty());
  CHECK(std::string(lightcone_last_error()) == "predictions is null");
}
