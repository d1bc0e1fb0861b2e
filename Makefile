.DEFAULT_GOAL := help
SHELL := /bin/bash
TESTS := -m pytest -n 2 --dist loadfile --no-loadscope-reorder
DAY ?=
SCALE ?= 1
PYTHON ?= python3
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE :=

help:  ## this list
	@echo "Ignicloud's pseudonymisation suite"; echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo; echo "  DAY=2026-01-31 chooses the day of make nightly, SCALE=50 the size of the demo platform."

nightly: setup  ## run a whole night through Airflow on the demo platform
	@$(BIN)/python -m demo.night night --day "$(DAY)" --scale "$(SCALE)"

test: setup  ## run the tests that each commit is held against
	@$(BIN)/python $(TESTS) -m "not long"

test-long: setup  ## run those that take longer than a commit has
	@$(BIN)/python $(TESTS) -m long

assure: setup  ## search every published table again, with the identifiers that the platform has now
	@$(BIN)/python -m demo.night assure --day "$(DAY)"

risk: setup  ## measure in every published release how likely somebody is found; write the page of it
	@$(BIN)/python -m demo.night risk --day "$(DAY)"

ui: setup  ## watch and operate the nights in the Airflow UI
	@$(BIN)/python -m demo.night ui

check: setup  ## lint, types and tests: what CI runs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m policy
	@$(BIN)/python $(TESTS) -m "not long"

four-eyes: setup  ## play re-identification in a browser: asked, refused, approved (needs chromium, chromium-driver)
	@$(BIN)/python -m tests.ui.four_eyes

walk: setup  ## walk through the Privacy console by role in a browser (needs chromium, chromium-driver)
	@$(BIN)/python -m tests.ui.walk

pictures: setup  ## draw the console in a browser, for the docs (needs chromium, chromium-driver)
	@$(BIN)/python -m tests.ui.pictures

bench-tokens: setup  ## what a token costs, beside other ways to make it
	@$(BIN)/python -m bench.tokens

faults: setup  ## break every step on purpose, see what survives it, write docs/faults.md (needs strace; root for ext4)
	@rm -rf .faults && $(BIN)/python -m bench.faults --into .faults --fuzzed 10000 --page

trace:  setup  ## print clause, rules and evidence of the whole policy
	@$(BIN)/python -m policy trace

setup: .venv/ready  ## make .venv, the kernel and Spark's class archive (done by the others when needed)
	@$(BIN)/python -m jobs.kernel.build
	@$(BIN)/python -m jobs.spark.class_archive

# uv installs: the machine's own, or one that pip brings. The lock is whole, so nothing is left to resolve (--no-deps).
# PySpark comes as source: packing its 450 MB of jars a second time would take longer than building it (stored).
# What it downloads is shown, the list of all it installed isn't; Python writes the bytecode of what it first imports.
.venv/ready: requirements.txt requirements-dev.txt requirements-setup.txt
	@$(PYTHON) .ci/prerequisites.py
	@echo "setting up .venv (once): some 260 packages, 700 MB unless uv has them in its cache"
	@set -o pipefail; uv=$$(command -v uv || echo $(BIN)/uv); \
	if [ $$uv = $(BIN)/uv ]; then \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt; \
	else \
	  $$uv venv --quiet --allow-existing --python $(PYTHON) .venv; \
	fi && \
	VIRTUAL_ENV=.venv $$uv pip install --require-hashes --no-deps \
	  --config-setting=--build-option=--compression=stored \
	  -r requirements.txt -r requirements-dev.txt 2>&1 \
	  | grep --line-buffered -v '^ [+~-] '
	@touch .venv/ready

lock:  ## renew requirements*.txt from requirements*.in
	@for file in requirements requirements-dev requirements-setup; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $$file.in -o $$file.txt; \
	done

clean:  ## forget the demo: its platform, Airflow, keys and lake (not .venv)
	@$(PYTHON) -m demo.night forget

# -- a cluster of containers: docs/cluster.md ---------------------------------------------------------
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
WORKERS ?= 2
FORGET ?=
cluster = export COMPOSE="$(COMPOSE)" CLUSTER_SECRETS="$${CLUSTER_SECRETS:-$(CURDIR)/.cluster}" $$($(PYTHON) -m cluster.credentials) PLATFORM_UNTIL="$(DAY)" SCALE="$(SCALE)"

cluster-up:  ## start the whole suite in containers: PostgreSQL, Airflow, Spark with WORKERS=2
	@$(cluster) && $(COMPOSE) build first-start && $(COMPOSE) up --detach --scale spark-worker=$(WORKERS)
	@$(cluster) && $(PYTHON) -m cluster.night tell

cluster-night:  ## run a night on the cluster, through its own scheduler
	@$(cluster) && $(PYTHON) -m cluster.night night --day "$(DAY)"

cluster-test: setup  ## try the cluster: two nights, a dead worker, a dead scheduler, a search for secrets
	@COMPOSE="$(COMPOSE)" $(BIN)/python -m cluster.trial

cluster-down:  ## stop the cluster; FORGET=1 deletes its lake, databases and secrets, too
	@$(cluster) && $(COMPOSE) --profile analyst --profile history down --remove-orphans $(if $(FORGET),--volumes)
	@$(if $(FORGET),rm -rf "$${CLUSTER_SECRETS:-.cluster}")

.PHONY: help nightly test test-long assure risk ui check four-eyes walk pictures bench-tokens faults trace setup lock clean cluster-up cluster-night cluster-test cluster-down
