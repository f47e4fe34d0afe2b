#!/usr/bin/env bash
# Does every experiment still run? Two rounds each on made data, so that no real data are needed; the figures say nothing.
# With BAUTA_DATA (the folder of the real data) those that need them run too, else they are skipped by name.
# Usage: bash tests/bench/experiments/short.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."

readonly BUILD=build/release
cmake --preset release >/dev/null
cmake --build "$BUILD" --target bauta-simulate ablations few_labels newcomer unlike_services \
  repeat_purchase audience next_item

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$BUILD/bin/bauta-simulate" make-data --out "$work/made" --seed 1 >/dev/null
made=(--data "$work/made" --services "$work/made/services" --short)
names=made_cinema,made_mailer,made_pharmacy,made_restaurants

run() {
  local name=$1
  shift
  "$BUILD/tests/bench/experiments/$name" --out "$work/$name.json" "$@" >"$work/$name.log" 2>&1 ||
    { cat "$work/$name.log"; echo "$name: FAILED"; exit 1; }
  python3 -m json.tool "$work/$name.json" /dev/null
  echo "$name: runs"
}

run unlike_services "${made[@]}" --names "$names"
run newcomer "${made[@]}" --names "$names" --newcomers made_restaurants --labels 100
run ablations "${made[@]}" --names made_mailer,made_cinema
run few_labels "${made[@]}" --names made_mailer --labels 300
if [[ -n "${BAUTA_DATA:-}" ]]; then
  run repeat_purchase --data "$BAUTA_DATA" --short
  run audience --data "$BAUTA_DATA" --short
  run next_item --data "$BAUTA_DATA" --models "$work/models" --short
else
  echo "repeat_purchase, audience, next_item: skipped, they need the real data (BAUTA_DATA)"
fi
