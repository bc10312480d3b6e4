# Everything runs in .venv, which is made and kept up to date by the targets that need it.
# Nothing has to be set; PYTHON, PORT, SANDBOX_PORT and WORKERS may be.

PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8001
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP_INSTALL := $(PY) -m pip install --quiet --no-input --disable-pip-version-check --require-hashes

# Two stamps, so that the demo need not wait for linters and test tools.
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test test-deep check format bench requirements clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(RUNTIME) ## the whole thing on this machine, with an emulated upstream; Ctrl-C stops it
	@PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) $(PY) manage.py demo

install: $(RUNTIME) ## only what it runs on, into .venv

test: $(DEV) ## the tests, in about ten minutes on two cores; skips are listed with their reasons
	@$(PY) -m pytest -n $(WORKERS) --dist loadscope -rs
	@$(PY) -m tests.grown_up -n $(WORKERS) --dist loadscope -rs -q

test-deep: $(DEV) ## the long ones: faults, ten thousand trunks, thousands of made-up inputs, both databases
	@$(PY) -m pytest -m deep -n $(WORKERS) -rs
	@$(PY) -m tests.grown_up -m deep -n $(WORKERS) -rs
	@HYPOTHESIS_PROFILE=deep $(PY) -m pytest -n $(WORKERS) -q $(MADE_UP)

MADE_UP = tests/domain tests/upstream_client tests/api/test_bad_input.py tests/web/test_forms_bad_input.py

check: $(DEV) ## linters, types, import rules, Django's checks, missing migrations, templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(PY) manage.py check --fail-level WARNING
	$(PY) manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --lint --quiet

format: $(DEV) ## put code into the house style
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

bench: $(DEV) ## speed, as ratios to a floor measured in the same run
	@$(PY) -m tests.bench

# The machine's own pip settings (mirrors, wheel folders, caps) must not leak into the pins. What is
# pinned stays unless it no longer fits; `make requirements UPGRADE=--upgrade` moves everything.
COMPILE = env -u PIP_FIND_LINKS -u PIP_CONSTRAINT -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL \
	PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND='make requirements' \
	$(BIN)/pip-compile $(UPGRADE) --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

requirements: $(DEV) ## compile requirements*.txt from pyproject.toml
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

clean: ## remove the environment, caches and collected files; never a database
	rm -rf $(VENV) staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) was not found: trunkadmin needs Python 3.11 or newer (make PYTHON=... to name one)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): trunkadmin needs 3.11 or newer (make PYTHON=... to name one)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without venv: on Debian and Ubuntu, apt-get install python3-venv, then again." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

$(RUNTIME): requirements.txt | $(PY)
	@echo "Installing what trunkadmin runs on (pinned, by hash) ..."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

# Holds everything of requirements.txt as well, at the same versions.
$(DEV): requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing what trunkadmin runs on and is tested with (pinned, by hash) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(RUNTIME) $@
