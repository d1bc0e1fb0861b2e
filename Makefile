# Everything a newcomer types. Each target makes the environment that it needs.
.DEFAULT_GOAL := help
.PHONY: help setup lock nightly ui test check clean
MAKEFLAGS += --no-print-directory
unexport PYTHONDONTWRITEBYTECODE

DAY ?=
SCALE ?=
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed

help: ## Show this page
	@echo "Every night, datasets that analysts can use and nobody can be found in."
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'
	@echo
	@echo "  make nightly DAY=2026-11-20   a given day;  SCALE=50 seeds a platform 50 times as large"

setup: $(READY) ## Make .venv from the locked requirements and compile the kernel
	@$(PY) -m jobs.kernel.build >/dev/null

lock: ## Turn requirements.in into the hash-locked requirements.txt (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt

nightly: setup ## Run a whole night through Airflow on the demo platform
	@$(PY) -m demo.night run $(if $(DAY),--day $(DAY)) $(if $(SCALE),--scale $(SCALE))

ui: setup ## Open Airflow on the demo platform, until Ctrl-C
	@$(PY) -m demo.night ui

test: setup ## Run the tests
	@$(PY) -m pytest

check: setup ## Lint, types and tests: what continuous integration runs
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict policy jobs
	@$(MAKE) test

clean: ## Remove environment, kernel, Airflow's home and the demo; lake/ and .secrets/ stay
	rm -rf $(VENV) .build .airflow .demo .mypy_cache .ruff_cache

$(READY): requirements.txt
	@python=$$(.ci/prerequisites) && echo "Installing into $(VENV) …" && \
	if command -v uv >/dev/null 2>&1; then \
	  { [ -x $(PY) ] || uv venv --quiet --python "$$python" $(VENV); } && \
	  uv pip sync --quiet --python $(PY) --require-hashes --compile-bytecode requirements.txt; \
	else \
	  "$$python" -m venv --clear $(VENV) && \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt; \
	fi
	@touch $@
