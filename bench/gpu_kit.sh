#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gpu_kit.sh FOLDER: what the java stage of gpu.sh needs on a machine without a JDK and without a network: a Java runtime,
# JUnit's console, our jars and their own, the compiled tests. Run it where ./mvnw package has been run; carry FOLDER.
#   LIGHTCONE_KIT_JDK   the JDK to cut the runtime from (default JAVA_HOME): one linked against an old glibc, as Temurin's
#                       is and a distribution's often is not
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kit=${1:?usage: gpu_kit.sh FOLDER}
jdk=${LIGHTCONE_KIT_JDK:-${JAVA_HOME:?set LIGHTCONE_KIT_JDK or JAVA_HOME to a JDK}}
[[ -f $root/java/cli/target/classpath && -d $root/tests/java/target/test-classes ]] || {
  echo "gpu_kit.sh: build first: ./mvnw -DskipTests package" >&2
  exit 1
}
rm -rf "$kit"
mkdir -p "$kit/jars"
# All that the command line uses but LibTorch, which is too large to carry and not needed here.
IFS=: read -r -a entries <<<"$(<"$root/java/cli/target/classpath")"
for jar in "$root"/java/cli/target/lightcone-cli-[0-9]*.jar "${entries[@]}"; do
  [[ $(basename "$jar") == pytorch-* ]] || cp "$jar" "$kit/jars/"
done
junit=$(sed -n 's:.*<junit.version>5\.\(.*\)</junit.version>.*:1.\1:p' "$root/pom.xml")
cuda=$(sed -n 's:.*<cuda.version>\(.*\)</cuda.version>.*:\1:p' "$root/pom.xml")
fetch() {
  "$root/mvnw" -q -B -f "$root/pom.xml" --non-recursive dependency:copy -Dartifact="$1" -DoutputDirectory="$2"
}
fetch "org.junit.platform:junit-platform-console-standalone:$junit" "$kit"
fetch "org.bytedeco:cuda:$cuda" "$kit/jars"
fetch "org.bytedeco:cuda:$cuda:jar:linux-x86_64" "$kit/jars"
# The folder of the tests as a tree: their classes see package-private ones.
tar -C "$root/tests/java/target/test-classes" -cJf "$kit/tests.tar.xz" .
"$jdk/bin/jlink" --add-modules java.base,java.logging,java.management,java.xml,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --output "$kit/jre"
XZ_OPT=-T0 tar -C "$kit" -cJf "$kit/jre.tar.xz" jre
rm -rf "$kit/jre"
du -sh "$kit"
