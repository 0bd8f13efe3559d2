# `make` alone lists the targets.
SHELL      := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# A module missing from the proxy must say so; with ",direct" the answer is hidden by a failed look-up of its host.
export GOPROXY := $(shell go env GOPROXY | sed -E 's/[,|]direct$$//')
TOOL    := go tool -modfile=tools/go.mod
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
ARGS    ?=

.PHONY: help run demo generate test test-race lint fmt golden fuzz bench lighthouse crash freeze cover vendor check build setup

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## serve ./zhudian-data on 127.0.0.1:8080
	go run ./cmd/zhudian serve $(ARGS)

demo: ## make the demo province afresh and serve it
	go run ./cmd/zhudian demo $(ARGS)

build: ## build bin/zhudian: static, stamped with the version
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/zhudian ./cmd/zhudian

generate: ## write the Go code of the templ files
	go tool templ generate -log-level warn

vendor: ## fetch the pinned front-end files into internal/web/static
	internal/web/vendor.sh

setup: ## install what the tests need (Debian), or say what will not run
	scripts/setup.sh

test: setup ## every test, on SQLite and PostgreSQL, and in the browser
	$(TOOL) gotestsum --format pkgname-and-test-fails -- -timeout 20m $(ARGS) ./...

test-race: setup ## the same under the race detector
	$(TOOL) gotestsum --format pkgname-and-test-fails -- -race -timeout 40m $(ARGS) ./...

lint: ## what the linters find
	go vet ./...
	$(TOOL) golangci-lint run

fmt: ## format the Go code and the templates
	$(TOOL) golangci-lint fmt
	go tool templ fmt .

golden: ## rewrite the golden files; read their diff as the review of the interface
	scripts/golden.sh

fuzz: ## every fuzz target for 30 s (FUZZTIME=10m)
	scripts/fuzz.sh

bench: ## the benchmarks, about 10 minutes (ZHUDIAN_BENCH_ENTRIES=10000000 for a ledger of ten million, ZHUDIAN_BENCH_COMPANIES=1000000 for a library of a million)
	go test -run '^$$' -bench . -timeout 60m $(ARGS) ./... | grep -Ev '^(PASS|ok|goos|goarch|cpu|\?)|no test files'

lighthouse: ## the scores of Lighthouse on public and staff pages of the demo (needs Node 20 and Chromium; BASE=http://… measures what runs)
	scripts/lighthouse.sh

crash: ## kill -9 in a loop, 200 rounds (ROUNDS=n): no acknowledged write may be lost
	ZHUDIAN_CRASH_ROUNDS=$${ROUNDS:-200} go test -run Crash -count 1 -timeout 60m -v ./internal/apptest/...

freeze: ## keep the data of a release for the tests of later migrations (RELEASE=0.1.0); never again for the same release
	ZHUDIAN_FREEZE=$${RELEASE:?name the release, RELEASE=x.y.z} go test -run Freeze -count 1 ./internal/apptest

cover: ## which lines the tests reach: cover.html
	go test -coverpkg=./internal/... -coverprofile=cover.out ./...
	go tool cover -html=cover.out -o cover.html
	go tool cover -func=cover.out | tail -1

check: ## all that a change must pass: generated code and go.mod clean, lint, test
	scripts/clean.sh
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory test
