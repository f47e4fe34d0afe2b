#!/usr/bin/env bash
# Installs what is missing, builds, runs the tests and ends with one line: "N passed, M failed[, K skipped]".
# Usage: bash tests/run.sh [options] [ctest arguments]
#   --no-install   install no packages (fails, naming them, where some are missing)
#   --preset P     CMake preset to build and test (default release)
#   --label L      only tests with this label: unit, protocol, adversarial, http, system, fuzz-replay, long
#   --long         also the tests labelled long
# Everything else goes to ctest, for example: bash tests/run.sh -R shamir
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1

install=()
preset=release
label=''
long=no
passed_on=()
while (($#)); do
  case "$1" in
    --no-install) install=(--no-install) ;;
    --preset|--label)
      (($# >= 2)) || { echo "run.sh: $1 needs a value" >&2; exit 2; }
      [[ "$1" == --preset ]] && preset="$2" || label="$2"
      shift ;;
    --long) long=yes ;;
    -h|--help) sed -n '2,8s/^# //p' tests/run.sh; exit 0 ;;
    *) passed_on+=("$1") ;;
  esac
  shift
done
[[ "$label" == long ]] && long=yes

give_up() { echo "run.sh: $1" >&2; echo "0 passed, 1 failed"; exit 1; }

bash deploy/install_packages.sh deploy/packages.txt "${install[@]}" || give_up "packages are missing"

jobs="$(nproc)"
build="build/$preset"
mkdir -p "$build"
echo "== configure ($preset)"
cmake --preset "$preset" >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; give_up "cmake --preset $preset failed"; }
echo "== build ($preset, $jobs jobs)"
started=$SECONDS
cmake --build "$build" -j "$jobs" || give_up "the build failed"
echo "== built in $((SECONDS - started)) s"

select_tests=()
[[ -n "$label" ]] && select_tests+=(-L "^$label\$")
[[ "$long" == no ]] && select_tests+=(-LE '^long$')
results="$PWD/$build/test-results.xml"
rm -f "$results"
started=$SECONDS
ctest --test-dir "$build" --output-junit "$results" --output-on-failure --no-tests=error -j "$((jobs > 2 ? jobs : 2))" \
      "${select_tests[@]}" "${passed_on[@]}"
status=$?
echo "== tests took $((SECONDS - started)) s"
python3 tests/support/summary.py "$results" --ctest-status "$status"
