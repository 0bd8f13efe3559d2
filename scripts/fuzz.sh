#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (30s). A crasher is kept in testdata/fuzz and from then on runs as a test.
set -euo pipefail
cd "$(dirname "$0")/.."
{ grep -rEoH --include='*_test.go' '^func Fuzz\w+' internal cmd || true; } | sort |
    while IFS=: read -r file target; do
        target=${target#func }
        package=./$(dirname "$file")
        echo "== $package $target"
        go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" "$package" </dev/null
    done
