#!/usr/bin/env bash
# Make or update a virtual environment from a hashed requirements file: with uv where it can be had
# (seconds), with pip otherwise. Usage: scripts/venv.sh DIR REQUIREMENTS
set -euo pipefail
dir=$1 requirements=$2 python=${PYTHON:-python3}

need() { echo "Clipdesk needs $1. On Debian or Ubuntu: sudo apt-get install $2" >&2; exit 1; }
command -v "$python" >/dev/null || need "Python 3.11 or newer" python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || need "Python 3.11 or newer (found $("$python" --version))" python3.11
"$python" -c 'import ensurepip, venv' 2>/dev/null || need "Python's venv module with pip" python3-venv

[ -x "$dir/bin/python" ] || "$python" -m venv "$dir"
"$dir/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-uv.txt 2>/dev/null || true
if "$dir/bin/python" -m uv --version >/dev/null 2>&1; then
  VIRTUAL_ENV=$dir "$dir/bin/python" -m uv pip install -q --require-hashes -r "$requirements"
else
  "$dir/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$requirements"
fi
