#!/usr/bin/env bash
# A laboratory in the set-up that SETUP names. Usage: SETUP=embedded|services scripts/chaos.sh MODULE [its options]
set -euo pipefail
cd "$(dirname "$0")/.."
run=("${PYTHON:-python3}" -m "$@")
case "${SETUP:-embedded}" in
  embedded) exec "${run[@]}" --setup embedded ;;
  services) exec bash scripts/with_services.sh "${run[@]}" --setup services ;;
  *) echo "SETUP is embedded or services" >&2; exit 2 ;;
esac
