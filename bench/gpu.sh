#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gpu.sh OUTDIR build|test|sanitize|bench|peers|java|all: the proof on a GPU, from the sources, on a machine with nvcc,
# CMake and g++ (and python3 with what peers it has; no JDK, no network). Each stage has a limit of time and leaves its own
# OUTDIR/STAGE.json and STAGE.log, so that a run that is cut off still counts; `all` goes on after a stage that fails, and
# its status says whether one did. What cannot be done here is "skipped" with the reason.
#   LIGHTCONE_GPU_BUILD   where to build (default target/gpu in the sources)
#   LIGHTCONE_GPU_KIT     the folder that gpu_kit.sh made, for the java stage (default target/gpu-kit)
#   LIGHTCONE_COMMIT      what is measured, where there is no git
#   LIGHTCONE_GPU_SECONDS limits of the stages as "build test sanitize bench peers java"
#   LIGHTCONE_PYTHON      the Python of the peers (default python3)
#   LIGHTCONE_GPU_SCALE   full, small or tiny (a dry run, on the emulated device where there is no GPU)
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
usage() {
  echo "usage: gpu.sh OUTDIR build|test|sanitize|bench|peers|java|all" >&2
  exit 2
}
[[ $# -eq 2 ]] || usage
mkdir -p "$1" || exit 1
out=$(cd "$1" && pwd)
build=${LIGHTCONE_GPU_BUILD:-$root/target/gpu}
kit=${LIGHTCONE_GPU_KIT:-$root/target/gpu-kit}
scale=${LIGHTCONE_GPU_SCALE:-full}
python=${LIGHTCONE_PYTHON:-python3}
commit=${LIGHTCONE_COMMIT:-$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)}
read -r -a limits <<<"${LIGHTCONE_GPU_SECONDS:-300 120 120 300 180 120}"
library=$build/liblightcone_cuda.so
device_bench=$build/bench/cuda/bench_device
if [[ $scale == tiny ]]; then
  library=$build/tests/cuda/liblightcone_cuda_emulated.so
  device_bench=$build/bench/cuda/bench_device_emulated
fi

# OUTDIR/STAGE.result.json: ok, seconds, and why if something is missing. The stage's own figures are in STAGE.json.
say() {
  local stage=$1 state=$2 seconds=$3 why=$4
  "$python" - "$out/$stage.result.json" "$stage" "$state" "$seconds" "$why" "$commit" <<'PY' 2>/dev/null ||
import json, sys
path, stage, state, seconds, why, commit = sys.argv[1:]
json.dump({"stage": stage, "state": state, "seconds": float(seconds), "why": why, "commit": commit}, open(path, "w"))
PY
    printf '{"stage": "%s", "state": "%s", "seconds": %s, "commit": "%s"}\n' "$stage" "$state" "$seconds" "$commit" \
      >"$out/$stage.result.json"
  echo "$stage: $state in $seconds s${why:+: $why}"
}
skip() { # from within a stage
  echo "$*" >"$out/skipped"
  exit 77
}

stage_build() {
  # 90 alone is what other Hopper features need; 90a is built for wgmma and TMA.
  cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DLIGHTCONE_TESTS=ON -DLIGHTCONE_BENCH=ON -DLIGHTCONE_CUDA=ON \
    -DLIGHTCONE_CUDA_ARCHS="${LIGHTCONE_GPU_ARCHS:-90-real;90a-real}" &&
    cmake --build "$build" -j"$(nproc)" --target lightcone lightcone_cuda lightcone_cuda_emulated lightcone_cuda_tests \
      lightcone_tests bench_device bench_device_emulated
}
stage_test() {
  local status=0
  ctest --test-dir "$build" --output-on-failure -R '^cuda-(device|emulated)$|^native-avx' || status=1
  # Skipped counts as passed for ctest: not where a GPU is the point.
  if [[ $scale != tiny ]] && ! LIGHTCONE_CUDA_LIBRARY=$library "$build/tests/cuda/lightcone_cuda_tests" --no-run; then
    echo "no device that the tests can use"
    status=1
  fi
  return $status
}
stage_sanitize() {
  local tool
  tool=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | head -1)
  [[ -n $tool ]] || skip "there is no compute-sanitizer on this machine"
  local status=0 check
  for check in memcheck racecheck; do
    echo "== $check"
    LIGHTCONE_CUDA_LIBRARY=$library timeout 100 "$tool" --tool "$check" --error-exitcode 9 "$build/bench/cuda/bench_device" \
      --json "$out/sanitize.$check.json" --scale tiny --runs 1 --commit "$commit" || status=1
  done
  return $status
}
stage_bench() {
  LIGHTCONE_CUDA_LIBRARY=$library "$device_bench" --json "$out/bench.json" --scale "$scale" --commit "$commit" \
    --seconds "$((limits[3] * 3 / 4))"
}
stage_peers() {
  "$python" -c 'import numpy, torch' || skip "$python has no numpy and torch"
  local options=(--seconds "$((limits[4] * 2 / 5))") status=0
  if [[ $scale == tiny ]]; then
    options+=(--device cpu --tiny)
  else
    "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' || skip "torch sees no GPU"
  fi
  local peer
  for peer in distances eigh; do
    timeout "$((limits[4] / 2))" "$python" "$root/bench/peers/gpu_$peer.py" --json "$out/peers.$peer.json" "${options[@]}" || status=1
  done
  return $status
}
stage_java() {
  [[ -f $kit/jre.tar.xz ]] || skip "there is no kit in $kit: bench/gpu_kit.sh makes one where there is a JDK"
  local work=$build/kit
  rm -rf "$work" && mkdir -p "$work/tests" && tar -C "$work" -xf "$kit/jre.tar.xz" &&
    tar -C "$work/tests" -xf "$kit/tests.tar.xz" || return 1
  local java=$work/jre/bin/java status=0
  export LIGHTCONE_CUDA_LIBRARY=$library
  # cuBLAS and cuSOLVER where the toolkit or Python's wheels have them.
  local wheels
  wheels=$("$python" -c 'import glob, site; print(":".join(sorted({p.rsplit("/", 1)[0] for s in site.getsitepackages() for p in glob.glob(s + "/nvidia/**/lib*.so.*", recursive=True)})))' 2>/dev/null)
  export LD_LIBRARY_PATH=${wheels:+$wheels:}/usr/local/cuda/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  local options=(-Dorg.bytedeco.javacpp.cachedir="$work/cache" --enable-native-access=ALL-UNNAMED)
  local class
  local select=()
  for class in DevicesTest DeviceEmbeddingTest InPcaTest EmbeddingOutOfCoreTest; do select+=(--select-class "org.lightcone.$class"); done
  "$java" "${options[@]}" -Dlightcone.root="$root" -jar "$kit"/junit-platform-console-standalone-*.jar execute \
    --class-path "$work/tests:$(printf '%s:' "$kit"/jars/*.jar)" "${select[@]}" --details=tree --disable-banner --disable-ansi-colors || status=1
  "$python" "$root/bench/gpu_embed.py" "$out/java.json" "$work" "$scale" "$java" "${options[@]}" -cp "$(printf '%s:' "$kit"/jars/*.jar)" \
    org.lightcone.cli.Main || status=1
  return $status
}

run_stage() {
  local stage=$1 limit=$2 begin=$SECONDS status
  rm -f "$out/$stage.json" "$out/skipped"
  say "$stage" running 0 "cut off before its end" >/dev/null
  # A shell of its own, so that the limit ends all that the stage began.
  export -f "stage_$stage" skip
  export root out build kit scale commit library device_bench
  timeout --kill-after=10 "$limit" bash -c "limits=(${limits[*]}); stage_$stage" >"$out/$stage.log" 2>&1
  status=$?
  local seconds=$((SECONDS - begin))
  case $status in
    0) say "$stage" ok "$seconds" "" ;;
    77) say "$stage" skipped "$seconds" "$(cat "$out/skipped" 2>/dev/null)" && status=0 ;;
    124 | 137) say "$stage" "out of time" "$seconds" "limit of $limit s" ;;
    *) say "$stage" failed "$seconds" "$(tail -1 "$out/$stage.log" | tr -d '"')" ;;
  esac
  rm -f "$out/skipped"
  return $status
}

names=(build test sanitize bench peers java)
failed=0
found=0
for k in "${!names[@]}"; do
  if [[ $2 == all || $2 == "${names[k]}" ]]; then
    found=1
    run_stage "${names[k]}" "${limits[k]}" || failed=1
  fi
done
[[ $found == 1 ]] || usage
# What is committed: the rows with their peers, by the GPU's name and the commit.
[[ -f $out/bench.json ]] && "$python" "$root/bench/gpu_results.py" "$out"
exit $failed
