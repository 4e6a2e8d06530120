#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs into a prefix of its own and builds example.c against what was installed, as a user would:
#   install_test.sh find_package|pkg-config BUILD_FOLDER SOURCE_FOLDER
# The example must print the distances of its three models. Exit 77: the tool of this way is not here.
set -eu
way=$1 build=$2 source=$3
[ "$way" = find_package ] || command -v pkg-config >/dev/null || { echo "pkg-config is not installed"; exit 77; }
work=$build/install-test-$way
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
if [ "$way" = find_package ]; then
  cat >"$work/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.20)
project(example LANGUAGES C)
set(CMAKE_C_STANDARD 11)
find_package(lightcone 0.1 REQUIRED)
add_executable(example $source/example.c)
target_link_libraries(example PRIVATE lightcone::lightcone)
CMAKE
  cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log"
  cmake --build "$work/build" >"$work/build.log"
  example=$work/build/example
else
  pc=$(find "$work/prefix" -name lightcone.pc)
  PKG_CONFIG_PATH=$(dirname "$pc")
  export PKG_CONFIG_PATH
  pkg-config --atleast-version=0.1 lightcone
  example=$work/example
  # shellcheck disable=SC2046  # the flags are words
  cc -std=c11 "$source/example.c" $(pkg-config --cflags --libs lightcone) \
    -Wl,-rpath,"$(pkg-config --variable=libdir lightcone)" -o "$example"
fi
# d(0,1) = -(log(sqrt(.45) + sqrt(.05)) + log(sqrt(.1) + sqrt(.4))) / 2, d(0,2) = log(2) / 2,
# d(1,2) = -(log(.9) + log(.8)) / 4.
cat >"$work/expected" <<TABLE
0.000000 0.082126 0.346574
0.082126 0.000000 0.082126
0.346574 0.082126 0.000000
TABLE
"$example" | diff - "$work/expected"
