#!/usr/bin/env bash
# Runs that take too long for CI. Continues after a failure, lists failures at the end, and keeps every log in DEEP_LOGS.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=${DEEP_LOGS:-var/deep}
mkdir -p "$logs"
failed=()
trap 'exit 130' INT TERM

part() {
  local name=$1
  shift
  echo "--- $name"
  if "$@" >"$logs/$name.log" 2>&1; then tail -n 1 "$logs/$name.log"; else failed+=("$name"); tail -n 20 "$logs/$name.log"; fi
}

for setup in embedded services; do
  for seed in 1 2 3; do
    part "chaos-$setup-$seed" make chaos POSTS="${POSTS:-1000}" SEED="$seed" SETUP="$setup"
    part "chaos-frozen-$setup-$seed" make chaos POSTS="${POSTS:-1000}" SEED="$seed" SETUP="$setup" FREEZE=1
  done
done
for setup in embedded services; do
  part "storm-$setup" make storm WORKERS=16 LIFE=120 STORM_S=600 SETUP="$setup"
  part "refresh-kills-$setup" make refresh-kills KILLS=200 SETUP="$setup"
  part "hostile-$setup" make hostile SETUP="$setup"
done
part test-services make test-services
part large make large
export DEEP=1
crash_points=(-m pytest -m deep -q -s tiktok/tests/integration/proofs/test_crash_points.py)
part crash-points-embedded "${PYTHON:-python3}" "${crash_points[@]}"
part crash-points-services bash scripts/with_services.sh "${PYTHON:-python3}" "${crash_points[@]}"
keys=(-m pytest -m deep -q -s tiktok/tests/integration/proofs/test_key_rotation.py)
part key-rotation-embedded "${PYTHON:-python3}" "${keys[@]}"
part key-rotation-services bash scripts/with_services.sh "${PYTHON:-python3}" "${keys[@]}"
part error-pages bash scripts/test_browser.sh "${PYTHON:-python3}" -k test_error_pages
part outages "${PYTHON:-python3}" -m pytest -m deep -q tiktok/tests/integration/delivery/test_outages.py
unset DEEP
part mutants make mutants

echo "--- logs are in $logs"
[ "${#failed[@]}" -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
