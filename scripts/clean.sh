#!/usr/bin/env bash
# Fails when generated code or go.mod differ from what their sources say, and shows how.
set -euo pipefail
cd "$(dirname "$0")/.."

prints() { git ls-files -co --exclude-standard '*_templ.go' | sort | xargs -r sha256sum; }

before=$(prints)
make --no-print-directory generate
if ! diff <(echo "$before") <(prints); then
    echo "generated code was not up to date: commit what 'make generate' wrote" >&2
    exit 1
fi
go mod tidy -diff || { echo "go.mod is not tidy: run 'go mod tidy'" >&2; exit 1; }
