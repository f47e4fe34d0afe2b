#!/usr/bin/env bash
# Builds one suite of benchmarks in release mode and prints one JSON object a line on stdout:
# {name, value, unit, reference, reference_value, ratio, goal, met}. The reference is measured in the same run.
# Usage: bash tests/bench/run.sh SUITE     with SUITE: masking
set -euo pipefail

cd "$(dirname "$0")/../.."

build() {
  cmake --preset release >/dev/null
  cmake --build build/release --target "$@" >&2
}

# Bytes per second of AES-128-CTR on 16 KiB blocks: the best of three by the clock and one by CPU time, so that other
# work on the machine cannot make the reference slow.
aes_bytes_per_second() {
  for timing in -elapsed -elapsed -elapsed ''; do
    openssl speed $timing -seconds 1 -evp aes-128-ctr -bytes 16384 -mr 2>/dev/null
  done | awk -F: '/^\+F:/ && $NF + 0 > best { best = $NF + 0 } END { if (!best) exit 1; printf "%.0f\n", best }'
}

case "${1:-}" in
  masking)
    build bench_masking
    aes="$(aes_bytes_per_second)"
    build/release/tests/bench/bench_masking "$aes"
    ;;
  *)
    sed -n '4s/^# //p' "$0" >&2
    exit 2
    ;;
esac
