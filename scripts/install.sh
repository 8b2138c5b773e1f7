#!/usr/bin/env bash
# Installs a locked list of packages into .venv:  scripts/install.sh requirements/run.txt
#   按锁定清单把软件包装入 .venv。
# uv takes seconds; where it can't reach the registry that pip is set up for, pip does the same work.
set -euo pipefail
cd "$(dirname "$0")/.."

# Without compiled bytecode every start of scrapy takes three times as long.
export UV_COMPILE_BYTECODE=1
index="${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}"
if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    export UV_DEFAULT_INDEX="$index"
fi
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! .venv/bin/python -m uv pip install --python .venv/bin/python --quiet --require-hashes -r "$1" 2>"$log"; then
    echo "uv 未能安装,改用 pip / uv could not install, trying pip"
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"; then
        echo "uv said:" >&2
        cat "$log" >&2
        exit 1
    fi
fi
