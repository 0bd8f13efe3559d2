#!/usr/bin/env bash
# Runs the tests of every package that has golden files with -update, which rewrites them.
set -euo pipefail
cd "$(dirname "$0")/.."
{ grep -rl --include='*_test.go' 'flag.Bool("update"' internal cmd || true; } | xargs -rn1 dirname | sort -u |
    while read -r package; do go test -count 1 "./$package" -update; done
