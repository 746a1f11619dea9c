#!/usr/bin/env bash
# Browser tests in a process of their own: Playwright's loop would break later transactional tests.
# Without Chromium this fails; it never skips. Usage: scripts/test_browser.sh PYTHON [PYTEST OPTIONS]
set -euo pipefail
python=$1
shift

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$chromium" ] && [ -x "$chromium" ] || { echo "Chromium is missing. On Debian or Ubuntu: sudo apt-get install chromium" >&2; exit 1; }
export CHROMIUM=$chromium

mapfile -t folders < <(find core accounts instances tiktok config -type d -path '*/tests/browser' | sort)
[ "${#folders[@]}" -gt 0 ] || { echo "There are no browser tests." >&2; exit 1; }
# A file keeps to one process: what takes long to furnish is furnished once.
exec "$python" -m pytest -q -n 2 --dist loadfile "$@" "${folders[@]}"
