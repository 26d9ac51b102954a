# Everything by one command each; every step can also be run by hand.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Where this is set, each of the many processes of the tests would compile all of our code anew.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8000
DEVICES ?= 1000
MINUTES ?= 5
ROUNDS ?= 5
SEED ?=
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
NODE_MODULES := node_modules/.package-lock.json
PYRIGHT := node_modules/pyright/package.json
PEER_MODULES := tests/peers/node_modules/.package-lock.json
PACKAGES := --extra embedded --extra postgres
# Three at a time also on two cores, because many tests wait for processes; the slow faults are those of `make faults`.
QUICK := -n 3 --dist loadgroup -m "not (slow and (fault or stream))"
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock"

.PHONY: help
help: ## Show what there is to run
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.runtime $(VENV)/.dev $(NODE_MODULES) $(PYRIGHT) ## Install everything into .venv and node_modules

.PHONY: demo
demo: $(VENV)/.runtime $(NODE_MODULES) ## Run it all with sandbox tenants, until Ctrl-C (PORT=8000 DEVICES=1000)
	@exec $(BIN)/python manage.py demo --port $(PORT) --devices $(DEVICES)

.PHONY: test
test: setup browser peers ## Run all tests; those of jobs also on PostgreSQL, those of the SDK over real connections
	@failed=0; \
	$(BIN)/python -m tests.postgres $(BIN)/pytest tests/jobs tests/imports $(QUICK) || failed=1; \
	$(BIN)/pytest $(QUICK) || failed=1; \
	$(BIN)/pytest tests/sdk -n 3 --wire own --wire stock -m "not slow" || failed=1; \
	exit $$failed

.PHONY: faults
faults: setup browser ## Provoke all faults of the job engine, on SQLite and on PostgreSQL
	$(BIN)/pytest -m "fault or stream" tests
	$(BIN)/python -m tests.postgres $(BIN)/pytest -m "fault or stream" tests

.PHONY: soak
soak: MINUTES = 1440
soak: setup ## Let workers and database die every five minutes (MINUTES=1440)
	$(BIN)/python -m tests.faults.soak --minutes $(MINUTES)
	$(BIN)/python -m tests.postgres $(BIN)/python -m tests.faults.soak --minutes $(MINUTES)

.PHONY: chaos
chaos: setup ## Break everything at random while jobs run (MINUTES=5 SEED=…)
	$(BIN)/python -m tests.faults.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.postgres $(BIN)/python -m tests.faults.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: setup $(VENV)/.peers ## Measure the SDK beside other clients, and a large sandbox (ROUNDS=5)
	@$(BIN)/python -m tests.bench --rounds $(ROUNDS)

.PHONY: check
check: setup ## Check format, lint, types, imports, settings and migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PATH="$$PATH:$$PWD/$(BIN)" node node_modules/pyright/index.js
	$(BIN)/lint-imports
	$(BIN)/python -m tests.deployment
	$(BIN)/python manage.py makemigrations --check --dry-run

.PHONY: browser
browser: $(VENV)/.dev ## Find a Chromium for the browser tests, or install one
	@$(BIN)/python -m tests.chromium

.PHONY: peers
peers: $(VENV)/.peers $(PEER_MODULES) ## Install other people's clients, which the sandbox is tested with

.PHONY: lock
lock: $(VENV)/.dev ## Lock the newest permitted versions of all packages
	$(COMPILE) --upgrade pyproject.toml $(PACKAGES) -o requirements.lock
	$(COMPILE) --upgrade pyproject.toml $(PACKAGES) --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --upgrade --group peers -c requirements-dev.lock -o requirements-peers.lock
	$(COMPILE) --upgrade --group node -o requirements-node.lock
	for folder in . tests/peers; do \
	  npm install --prefix $$folder --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved; \
	done

.PHONY: build
build: $(VENV)/.runtime $(NODE_MODULES) ## Build the wheel into dist: the console with all its files, and the SDK
	rm -rf dist/staticfiles
	C8YADMIN_DATA_DIR=dist/data C8YADMIN_STATIC_ROOT=dist/staticfiles \
	  $(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(PIP) wheel --no-deps --wheel-dir dist .
	rm -rf dist/staticfiles dist/data

.PHONY: clean
clean: ## Remove all that was installed or built; what the demo has stored stays
	rm -rf $(VENV) node_modules tests/peers/node_modules staticfiles dist .cache .hypothesis .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(or $(PYTHON),python3.11 python3.12 python3 python3.13 python3.14); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -m venv $(VENV) && exit; \
	    echo "$$python cannot make a virtual environment; on Debian install python3-venv." >&2; exit 1; \
	  fi; \
	done; \
	echo "c8yadmin needs Python 3.11 or newer; none was found under $(or $(PYTHON),the usual names)." >&2; exit 1

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo "Installing the packages that c8yadmin runs on…"
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.runtime
	@echo "Installing the packages that it is developed with…"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.peers: requirements-peers.lock | $(VENV)/.dev
	@echo "Installing other people's clients for Python…"
	@$(PIP) install --require-hashes -r requirements-peers.lock
	@touch $@

# Where there is no npm that reads today's lock files, one comes as a Python package.
define install_modules
	@npm=npm; major=$$(npm --version 2>/dev/null | cut -d. -f1 || true); \
	if [ "$${major:-0}" -lt 7 ]; then \
	  $(PIP) install --require-hashes -r requirements-node.lock; \
	  export PATH="$$PWD/$(BIN):$$PATH"; npm=$(BIN)/npm; \
	fi; \
	$$npm ci --prefix $(1) $(2) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
endef

$(NODE_MODULES): package-lock.json requirements-node.lock | $(BIN)/python
	@echo "Installing the style sheets for the browser…"
	$(call install_modules,.,--omit=dev)

$(PYRIGHT): package-lock.json requirements-node.lock | $(NODE_MODULES)
	@echo "Installing a second type checker…"
	$(call install_modules,.)

$(PEER_MODULES): tests/peers/package-lock.json requirements-node.lock | $(BIN)/python
	@echo "Installing the vendor's web client…"
	$(call install_modules,tests/peers)
