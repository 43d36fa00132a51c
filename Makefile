# Two commands do everything on a fresh machine: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test docs lint types newest clean zoo

demo: $(VENV)/.installed
	$(BIN)/adaptstilts fuse --tasks squad,mnli,hellaswag --target pawsx

test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 ADAPTSTILTS_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

newest:
	.ci/newest

zoo: $(VENV)/.installed
	$(BIN)/adaptstilts zoo build

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache
