#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Says in one sentence which Debian package is missing, before a compiler error can say it badly.
missing=
need() { # need PACKAGE COMMAND...: one of the commands must exist
  package=$1; shift
  for command; do command -v "$command" >/dev/null 2>&1 && return; done
  missing="$missing $package"
}
need g++ g++
need cmake cmake
need make make ninja

# The JDK that runs Maven is the one that compiles; $1 is its java.home.
javac="$1/bin/javac"
major=$([ -x "$javac" ] && "$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
[ "${major:-0}" -ge 17 ] || missing="$missing openjdk-17-jdk-headless"

[ -z "$missing" ] && exit 0
echo "The build needs tools that are not here: run 'apt-get install$missing' (Debian package names)," \
     "and point JAVA_HOME at a JDK of version 17 or newer if several are installed." >&2
exit 1
