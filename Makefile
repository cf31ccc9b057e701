# `make` alone prints what can be made. Needs Python 3.11 or later; everything else goes into .venv.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

# Each worker starts a PostgreSQL server of its own. A server that is given by URL has one worker.
WORKERS := $(if $(HOSTSDB_TEST_POSTGRES_URL),,-n 2 --dist loadfile)

.PHONY: help
help: ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: export HOSTSDB_URL = sqlite:///build/hosts.db
run: $(INSTALLED) ## see it work: a new SQLite database, a hosts file imported, the table of hosts
	@mkdir -p build && rm -f build/hosts.db*
	$(BIN)/python -m hostsdb init
	@# Two lines of the example are bad on purpose: they are reported, the rest goes in, the exit code is 1.
	$(BIN)/python -m hostsdb import examples/lan.hosts || test $$? -eq 1
	@$(BIN)/python -m hostsdb export - | grep nas.lan >/dev/null
	$(BIN)/python -m hostsdb list

.PHONY: test
test: $(INSTALLED) ## run all tests, on PostgreSQL, DuckDB and SQLite; ARGS="-k name" for some
	$(BIN)/python -m pytest -m 'not faults' $(WORKERS) $(ARGS)

.PHONY: test-faults
test-faults: $(INSTALLED) ## the tests that kill processes and servers, and take minutes
	$(BIN)/python -m pytest -m faults $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## check Python (ruff, mypy) and SQL (sqlfluff)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint migrations sql

.PHONY: format
format: $(INSTALLED) ## put Python in order; SQL is only reported by lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: schema
schema: $(INSTALLED) ## write hostsdb/schema/expected/ anew, after a change of migrations/; a test compares it
	$(BIN)/python -m tests.generate_schema

.PHONY: commands
commands: $(INSTALLED) ## write docs/commands.md anew, after a change of a command; a test compares it
	$(BIN)/python -m tests.generate_commands

.PHONY: clean
clean: ## remove everything that was made here
	rm -rf $(VENV) build dist .coverage* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# A name like python3.13 may be a version manager's stub that fails, or lack pip: each is tried for real.
$(INSTALLED): pyproject.toml
	@set -e; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "installing into $(VENV) with $$($$python --version), a minute or so the first time"; \
	    $$python -m venv --clear $(VENV); \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[all,dev]'; \
	    touch $@; exit 0; \
	  fi; \
	done; \
	echo 'no Python 3.11 or later with venv and pip found; name one: make PYTHON=/path/to/python' >&2; exit 1
