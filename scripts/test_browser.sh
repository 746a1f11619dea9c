#!/usr/bin/env bash
# Browser tests, each file in a process of its own: Playwright's loop would break later transactional tests.
# Without Chromium this fails; it never skips. Usage: scripts/test_browser.sh PYTHON [PYTEST OPTIONS]
set -euo pipefail
python=$1
shift

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$chromium" ] && [ -x "$chromium" ] || { echo "Chromium is missing. On Debian or Ubuntu: sudo apt-get install chromium" >&2; exit 1; }
export CHROMIUM=$chromium

mapfile -t files < <(find accounts instances tiktok config -path '*/tests/browser/*' -name 'test_*.py' | sort)
[ "${#files[@]}" -gt 0 ] || { echo "There are no browser tests." >&2; exit 1; }
failed=()
for file in "${files[@]}"; do
  echo "== $file"
  "$python" -m pytest -q "$@" "$file" || failed+=("$file")
done
[ "${#failed[@]}" -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
