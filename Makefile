SHELL := bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

help: ## Show what can be run
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

$(VENV)/.dev: requirements-dev.txt
	@PYTHON=$(PYTHON) bash scripts/venv.sh $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.run

$(VENV)/.run: requirements.txt
	@PYTHON=$(PYTHON) bash scripts/venv.sh $(VENV) requirements.txt
	@touch $@

.PHONY: help requirements test test-unit test-integration lint typecheck format

requirements: $(VENV)/.dev ## Pin requirements*.in anew, with hashes
	$(BIN)/python -m uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/python -m uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-emit-index-url requirements-dev.in -o requirements-dev.txt

test: $(VENV)/.dev ## Unit and integration tests, embedded (SQLite, no Redis)
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore-glob='*/tests/browser/*'

test-unit: $(VENV)/.dev ## Unit tests alone
	$(BIN)/python -m pytest -n 2 --ignore-glob='*/tests/browser/*' --ignore-glob='*/tests/integration/*'

test-integration: $(VENV)/.dev ## Integration tests alone
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore-glob='*/tests/browser/*' --ignore-glob='*/tests/unit/*'

lint: $(VENV)/.dev ## Style, import contracts, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

typecheck: $(VENV)/.dev ## mypy strict
	$(BIN)/mypy .

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
