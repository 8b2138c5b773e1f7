#!/usr/bin/env bash
# Resolves pyproject.toml into requirements/*.txt, with hashes and without any registry's address.
#   把 pyproject.toml 的依赖解析为带哈希的锁定清单。
set -euo pipefail
cd "$(dirname "$0")/.."

export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    .venv/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links "$@"
}
compile pyproject.toml --output-file requirements/run.txt
compile pyproject.toml --extra warehouse --extra site --output-file requirements/demo.txt
compile pyproject.toml --all-extras --output-file requirements/extras.txt
compile pyproject.toml --all-extras --group dev --output-file requirements/dev.txt
compile pyproject.toml --all-extras --group dev --group heavy --output-file requirements/heavy.txt
compile requirements/uv.in --output-file requirements/uv.txt
