SHELL := bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BIND ?= 127.0.0.1:8000
FOLDER ?= screenshots
POSTS ?= 100
SEED ?= 1
SETUP ?= embedded
FREEZE ?= 0
WORKERS ?= 4
LIFE ?= 10
STORM_S ?= 40
KILLS ?= 20
SCALE ?= 1

help: ## Show what can be run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.dev: requirements-dev.txt
	@PYTHON=$(PYTHON) bash scripts/venv.sh $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.run

$(VENV)/.run: requirements.txt
	@PYTHON=$(PYTHON) bash scripts/venv.sh $(VENV) requirements.txt
	@touch $@

.PHONY: help demo up requirements test test-unit test-integration test-services test-browser screenshots voice lint messages messages-check typecheck format mutants large bench bench-services chaos storm refresh-kills hostile deep

demo: $(VENV)/.run ## Try it: a living product with a simulated TikTok, in var/demo/
	@$(BIN)/python manage.py demo

up: $(VENV)/.run ## The empty product, for real use (BIND=127.0.0.1:8000)
	@$(BIN)/python manage.py up --bind $(BIND)

requirements: $(VENV)/.dev ## Pin requirements*.in again, with hashes
	$(BIN)/python -m uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/python -m uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-emit-index-url requirements-dev.in -o requirements-dev.txt

test: $(VENV)/.dev ## Unit and integration tests, embedded (SQLite, no Redis)
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore-glob='*/tests/browser/*'

test-unit: $(VENV)/.dev ## Unit tests alone
	$(BIN)/python -m pytest -n 3 --ignore-glob='*/tests/browser/*' --ignore-glob='*/tests/integration/*'

test-integration: $(VENV)/.dev ## Integration tests alone
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore-glob='*/tests/browser/*' --ignore-glob='*/tests/unit/*'

test-services: $(VENV)/.dev ## Integration tests on a private PostgreSQL and Redis, as an ordinary role (MORE="--ignore=…")
	PYTHON=$(BIN)/python bash scripts/with_services.sh $(BIN)/python -m pytest -n 3 --dist worksteal --ignore-glob='*/tests/browser/*' --ignore-glob='*/tests/unit/*' $(MORE)

test-browser: $(VENV)/.dev ## Browser tests in Chromium; fails without it
	bash scripts/test_browser.sh $(BIN)/python

mutants: $(VENV)/.dev ## Break scope checks, permissions and the publish protocol one by one: a test must notice each (NAMES="no\ fence …" for some)
	$(BIN)/python scripts/mutants.py $(NAMES)

large: $(VENV)/.dev ## A 4 GB video, its publishing process killed three times (SEED=1; minutes, 5 GB of disk)
	SEED=$(SEED) $(BIN)/python -m pytest -q -m deep tiktok/tests/integration/proofs/test_four_gigabytes.py

bench: $(VENV)/.dev ## Benchmarks as a table (minutes; ROWS="upload memory …", see docs/benchmarks.md)
	@$(BIN)/python -m tiktok.tests.bench $(ROWS)

bench-services: $(VENV)/.dev ## The same on a private PostgreSQL and Redis
	@PYTHON=$(BIN)/python bash scripts/with_services.sh $(BIN)/python -m tiktok.tests.bench $(ROWS)

chaos: $(VENV)/.dev ## The laboratory: real processes, killed and frozen, in bad weather (POSTS=100 SEED=1 SETUP=embedded|services FREEZE=0|1 MORE="--workers 6 …")
	SETUP=$(SETUP) PYTHON=$(BIN)/python bash scripts/chaos.sh tiktok.tests.chaos --posts $(POSTS) --seed $(SEED) --freeze $(FREEZE) $(MORE)

storm: $(VENV)/.dev ## Processes publish and poll while tokens live for seconds (WORKERS=4 LIFE=10 STORM_S=40 SEED=1 SETUP=embedded|services)
	SETUP=$(SETUP) PYTHON=$(BIN)/python bash scripts/chaos.sh tiktok.tests.tokens storm --workers $(WORKERS) --life-s $(LIFE) --seconds $(STORM_S) --seed $(SEED) $(MORE)

refresh-kills: $(VENV)/.dev ## Processes die in the middle of refreshing a token (KILLS=20 SEED=1 SETUP=embedded|services)
	SETUP=$(SETUP) PYTHON=$(BIN)/python bash scripts/chaos.sh tiktok.tests.tokens kills --kills $(KILLS) --seed $(SEED) $(MORE)

hostile: $(VENV)/.dev ## Half-sent requests, slow lines, slow readers and bombs against the running product (SCALE=1 SEED=1 SETUP=embedded|services MORE="--upload-bytes 500000 …")
	SETUP=$(SETUP) PYTHON=$(BIN)/python bash scripts/chaos.sh tiktok.tests.hostile --scale $(SCALE) --seed $(SEED) $(MORE)

deep: $(VENV)/.dev ## Runs that take too long for CI: the laboratories in both set-ups, chaos killed and frozen with three seeds each; mutants (hours)
	PYTHON=$(BIN)/python bash scripts/deep.sh

screenshots: $(VENV)/.dev ## Pictures of every page, light and dark, wide and narrow (FOLDER=screenshots)
	PYTHONPATH=. $(BIN)/python scripts/screenshots.py $(FOLDER)

voice: $(VENV)/.dev ## Find words that Clipdesk's texts avoid (PATHS="tiktok/posts docs …" for some, edited or not)
	@$(BIN)/python scripts/voice.py $(PATHS)

lint: $(VENV)/.dev ## Style, import contracts, templates, words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python scripts/voice.py
	$(BIN)/python scripts/sentences.py
	DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python manage.py makemigrations --check --dry-run

messages: $(VENV)/.dev ## Collect the messages of the code into the translations, and compile them (needs gettext)
	$(BIN)/python scripts/messages.py update
	$(BIN)/python scripts/messages.py compile

messages-check: $(VENV)/.dev ## Every message is collected, translated and compiled (needs gettext)
	$(BIN)/python scripts/messages.py check

typecheck: $(VENV)/.dev ## mypy strict
	$(BIN)/mypy .

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
