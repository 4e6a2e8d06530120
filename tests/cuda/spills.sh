#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# spills.sh NVCC SOURCE_FOLDER ARCHS FILE...: compiles each kernel file for each architecture (80-real;90a-real;...) and
# fails where ptxas reports that a kernel keeps registers in memory. Prints the registers of each kernel.
set -uo pipefail
nvcc=$1 source=$2 archs=$3
shift 3
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for arch in $(tr ';' '\n' <<<"$archs" | sed 's/-.*//' | sort -u); do
  for file in "$@"; do
    if ! "$nvcc" -std=c++17 -O3 --expt-relaxed-constexpr -arch="sm_$arch" -Xptxas -v -I"$source" -I"$source/native" -cubin \
      -o "$work/out.cubin" "$file" >"$work/log" 2>&1; then
      cat "$work/log"
      exit 1
    fi
    awk -v arch="$arch" '
      /Function properties for/ { name = $NF }
      /bytes spill stores/ {
        functions++
        if ($0 !~ / 0 bytes spill stores, 0 bytes spill loads/) { print "spills on sm_" arch ": " name ":" $0; bad = 1 }
      }
      /Used [0-9]+ registers/ { match($0, /Used [0-9]+ registers/); print "sm_" arch " " substr($0, RSTART + 5, RLENGTH - 5) " " name }
      END { exit bad }' "$work/log" || status=1
  done
done
exit $status
