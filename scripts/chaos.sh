#!/usr/bin/env bash
# The laboratory in the set-up that SETUP names. Usage: SETUP=embedded|services scripts/chaos.sh [options of the laboratory]
set -euo pipefail
cd "$(dirname "$0")/.."
run=("${PYTHON:-python3}" -m tiktok.tests.chaos "$@")
case "${SETUP:-embedded}" in
  embedded) exec "${run[@]}" --setup embedded ;;
  services) exec bash scripts/with_services.sh "${run[@]}" --setup services ;;
  *) echo "SETUP is embedded or services" >&2; exit 2 ;;
esac
