# HRGate. The two that matter: `make run` and `make test`. `make help` lists the rest.

STUDIES ?= sample_studies
REPORTS ?= reports
# More words for `hrgate run`, e.g. make run STUDIES=/data ARGS="--depth header --threads 4"
ARGS    ?=

# Tools that setup put here (cmake from PyPI, cargo-deny) are found before the system's.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/target/tools/bin:$(HOME)/.cargo/bin:$(PATH)

HRGATE  := target/release/hrgate

.DEFAULT_GOAL := help
.PHONY: help setup setup-test build run test test-full lint accuracy bench bench-scale fuzz bless example samples doc clean

help:            ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 — \2/p' Makefile

setup:           ## install what a build needs and this machine lacks
	@bash scripts/setup.sh build

setup-test:
	@bash scripts/setup.sh test

build: setup     ## the release binary, target/release/hrgate
	cargo build --release --locked --bin hrgate

# sample_studies has a registry of its own; any other folder may bring one in ARGS.
run: build       ## judge STUDIES (default: sample_studies) and write a report
	@bash scripts/run.sh "$(HRGATE)" "$(STUDIES)" "$(REPORTS)" $(ARGS)

lint: setup-test ## format, clippy with warnings as errors, licences
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo fetch --locked
	cargo deny --locked --offline check licenses bans sources

test: lint       ## lint and every test; says how many ran
	@python3 scripts/run_tests.py

test-full: lint  ## test, and what is too slow for every change
	@python3 scripts/run_tests.py --full

accuracy: setup  ## how often items, decoding and geometry are right; writes docs/accuracy
	@bash scripts/accuracy.sh

bench: setup     ## speed and memory against other software; fails where a due ratio is missed
	@bash scripts/setup.sh bench
	cargo build --release --locked --bin hrgate --example bare_decode --example make_bench_data
	@.venv-bench/bin/python scripts/bench.py $(ARGS)

bench-scale: setup ## 10,000 and 100,000 studies, objects of 1 GiB: time linear, memory flat; fails where a bound is missed
	cargo build --release --locked --bin hrgate --example make_scale_data
	@python3 scripts/bench_scale.py $(ARGS)

fuzz:            ## bytes that anybody may send, MINUTES=30 a target, two at a time; needs a nightly compiler and cargo-fuzz
	@bash scripts/fuzz.sh $(MINUTES)

bless: setup     ## rewrite snapshots and generated documents, to be read as a diff
	INSTA_UPDATE=always cargo test --locked
	HRGATE_BLESS=1 cargo test --locked

example: build   ## make reports/example again: a run over sample_studies
	rm -rf reports/example
	@$(HRGATE) run sample_studies --registry sample_studies/institutions.toml --reports reports --run-id example --as-of 20260301 || [ $$? -eq 11 ]

samples: setup   ## make sample_studies again from their recipes
	cargo run --release --locked --example make_sample_studies -- sample_studies

doc: setup       ## the reference of the code, in target/doc
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

clean:           ## remove what was built; reports and installed tools stay
	cargo clean
