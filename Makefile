# Needs Python 3.10 or newer (with venv) and make; everything else is installed into .venv by the target that needs it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

.PHONY: help run test test-engine check lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: $(VENV)/run ## Serve on http://localhost:8000/v1 with local stand-ins for AWS (PORT, HOST, MFA_KEY, RATE_LIMITS=off ...)
	@exec $(BIN)/python -m infra.local

test: $(VENV)/dev ## Run the tests with coverage
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --cov --cov-report=term:skip-covered

test-engine: $(VENV)/dev ## Routes, races and storage again on Amazon's own engine, DynamoDB Local (Java 17, Maven)
	$(BIN)/python -m infra.engine $(BIN)/python -m pytest tests/routes tests/races tests/factors tests/sessions tests/storage

check: test ## Tests, lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(VENV)/lock ## Pin the newest versions that pyproject.toml allows
	infra/lock.sh $(BIN)/uv

clean: ## Remove what the other targets made
	rm -rf $(VENV) .engine .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps. A first `make run` should be quick: it installs half of what testing needs (in the same versions) and leaves
# compiling to the first import.
$(VENV)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: requirements-run.lock | $(VENV)/venv
	@echo 'Installing what the server needs into $(VENV) (once, half a minute) ...'
	@$(PIP) --no-compile -r $<
	@touch $@

$(VENV)/dev: requirements.lock | $(VENV)/venv
	$(PIP) -r $<
	@touch $@ $(VENV)/run

$(VENV)/lock: | $(VENV)/venv
	$(PIP) uv
	@touch $@
