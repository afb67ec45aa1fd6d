# The two commands are `make run` and `make test`; nothing has to be installed before but Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DAGSTER_DISABLE_TELEMETRY := 1
export GX_ANALYTICS_ENABLED := false
# Tests and runs start many processes: what one has compiled the next need not.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-cluster install-cluster-dev run test ui serve lint format types lock docs fuzz benchmark pictures check clean browser

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

# uv installs a locked, hashed set in seconds; it is itself installed from the lock.
$(VENV)/uv.stamp: requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/run.stamp: $(VENV)/uv.stamp requirements/lock.txt pyproject.toml pipeline/site/package-lock.json
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/lock.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m pipeline.front_end
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/run.stamp ## Install what a run needs into .venv

install-dev: $(VENV)/dev.stamp ## Install what tests and checks need too

run: install ## Run everything through Dagster, on the showcase and the inbox
	$(BIN)/isw-strikes run

# The slowest tests stand together: a worker that is done takes some of another's.
test: install-dev ## Install and run every test
	$(BIN)/python -m pytest -n auto --dist worksteal

ui: install ## Open the Dagster UI on http://127.0.0.1:3000
	$(BIN)/isw-strikes ui

serve: install ## Serve the map page on http://127.0.0.1:8765
	$(BIN)/isw-strikes serve

format: install-dev ## Format code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install-dev ## Lint code and SQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/sqlfluff lint --disable-progress-bar pipeline/sql

# One check knows one module of a name, so each further conftest.py has a check of its own.
types: install-dev ## Check types
	$(BIN)/mypy
	for file in $(wildcard tests/*/conftest.py tests/*/*/conftest.py); do $(BIN)/mypy $$file || exit 1; done

fuzz: install-dev ## Fuzz every reader of exports for SECONDS each (Linux)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/fuzz.txt
	$(BIN)/python tests/fuzz/run.py --reader all --seconds $(or $(SECONDS),1800)

install-cluster: install ## Install what runs on more than one machine need too (deploy/)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/cluster.txt

install-cluster-dev: install-dev ## Install what tests of that need too
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/cluster-dev.txt

benchmark: install-dev ## Measure backfills beside a plain Dagster project (Linux)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/plain
	$(BIN)/uv pip install --quiet --python build/plain/bin/python --require-hashes -r requirements/benchmark.txt
	$(BIN)/python tests/benchmarks/backfill.py --plain-python build/plain/bin/python --plain-runs $(or $(RUNS),160)

docs: install-dev ## Write the docs that are made from code
	$(BIN)/python -m pipeline.docs

# Of a data folder of its own: what lies in the inbox has no place in README.
README_DATA := build/readme
README_PICTURES := headline timeline sensitivity

pictures: install ## Draw README's pictures again from the showcase
	rm -rf $(README_DATA)
	ISW_DATA=$(README_DATA) $(BIN)/isw-strikes run
	cp $(README_PICTURES:%=$(README_DATA)/latest/pictures/%.png) docs/

check: lint types ## Lint, types and drift of generated docs
	$(BIN)/python -m pipeline.docs --check

lock: $(VENV)/uv.stamp ## Write the lock files again from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml -o requirements/lock.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --group dev -c requirements/lock.txt pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --group fuzz -o requirements/fuzz.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra cluster -c requirements/dev.txt pyproject.toml -o requirements/cluster.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra cluster --group cluster-tests -c requirements/cluster.txt -c requirements/dev.txt pyproject.toml -o requirements/cluster-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --group benchmark -o requirements/benchmark.txt

clean: ## Remove what was installed and built; keeps data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build *.egg-info
