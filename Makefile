# make demo     a look around: no token, no network, no model
# make setup    .venv with the locked dependencies and the command .venv/bin/papergram
# make test     lint, format, types and all tests

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PORT ?= 8088

.PHONY: demo setup test format lock clean

demo: setup
	$(BIN)/papergram demo --port $(PORT)

setup: .venv/.installed

test: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/pytest --numprocesses auto --dist loadfile

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The lock files hold versions and hashes, and no address.
lock: .venv/.installed-dev
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --extra build pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --extra build --extra dev --extra semantic --constraint requirements.txt pyproject.toml --output-file requirements-dev.txt

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

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
