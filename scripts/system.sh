#!/usr/bin/env bash
# Installs the Debian packages of requirements/system.txt that are missing; without root it names them.
#   安装 requirements/system.txt 中缺少的系统软件包;非 root 时列出其名称。
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
while read -r command package _; do
    case "$command" in "" | "#"*) continue ;; esac
    if command -v dpkg-query >/dev/null; then
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" && continue
    fi
    [ "$command" != "-" ] && command -v "$command" >/dev/null && continue
    missing+=("$package")
done <requirements/system.txt
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "缺少系统软件包,相关测试将跳过 / system packages are missing, their tests will be skipped: ${missing[*]}" >&2
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 0
fi
echo "安装系统软件包 / installing system packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
