#!/usr/bin/env bash
# The main job on one machine: installs what is missing, builds, and lets one coordinator and one client process per
# service train a model together over mutual TLS. Options: bash deploy/demo/run.sh --help
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
install=()
build=yes
for argument in "$@"; do
  case "$argument" in
    --no-install) install=(--no-install) ;;
    -h|--help) build=no ;;
  esac
done

if [[ "$build" == yes ]]; then
  bash "$root/deploy/install_packages.sh" "$root/deploy/packages.txt" "${install[@]}"
  build="$root/build/release"
  mkdir -p "$build"
  log="$build/demo-build.log"
  echo "building (the first time takes some minutes; log: $log)"
  (cd "$root" && cmake --preset release) >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; echo "demo: configuring failed, see $log" >&2; exit 1; }
  cmake --build "$build" -j "$(nproc)" --target bauta-coordinator bauta-client bauta bauta-simulate 2>&1 |
    while IFS= read -r line; do
      printf '%s\n' "$line" >>"$log"
      if [[ -t 1 && "$line" =~ ^\[[0-9]+/[0-9]+\] ]]; then printf '\r%s ' "${BASH_REMATCH[0]}"; fi
    done || { tail -n 20 "$log" >&2; echo "demo: the build failed, see $log" >&2; exit 1; }
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
fi
exec python3 "$root/deploy/demo/demo.py" "$@"
