#!/usr/bin/env bash
# Installs what is missing, builds one suite of benchmarks in release mode and prints one JSON object a line on stdout:
# {name, value, unit, reference, reference_value, ratio, goal, met}. The reference is measured in the same run.
# Usage: bash tests/bench/run.sh SUITE [--no-install]     with SUITE: masking or training
#   --no-install   install no packages (fails, naming them, where some are missing)
set -euo pipefail

cd "$(dirname "$0")/../.."

usage() { sed -n '4,5s/^# //p' tests/bench/run.sh >&2; exit 2; }

suite=''
install=()
for argument in "$@"; do
  case "$argument" in
    --no-install) install=(--no-install) ;;
    -*) usage ;;
    *) [[ -z "$suite" ]] || usage
       suite="$argument" ;;
  esac
done

build() {
  bash deploy/install_packages.sh deploy/packages.txt "${install[@]}" >&2
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

case "$suite" in
  masking)
    build bench_masking bench_mask_and_unmask bench_round round_agents round_clients bauta-coordinator bauta bauta-simulate
    aes="$(aes_bytes_per_second)"
    build/release/tests/bench/bench_masking "$aes"
    build/release/tests/bench/bench_mask_and_unmask "$aes"
    build/release/tests/bench/bench_round "$aes"
    python3 tests/bench/round_rate.py build/release
    python3 tests/bench/coordinator_memory.py build/release
    python3 tests/bench/scale.py build/release
    ;;
  training)
    # PyTorch is what is compared with: where it must not be installed and is missing, the figures stand alone.
    bash deploy/install_packages.sh deploy/packages-bench.txt "${install[@]}" >&2 || ((${#install[@]}))
    build bench_training
    python3 tests/bench/training.py build/release
    ;;
  *) usage ;;
esac
