# Needs Python 3.10 or newer (with venv) and make; everything else is installed into .venv by the target that needs it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Only files whose hash is in a lock, and only wheels: to build a package would run code, and fetch more, that no lock names.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all:
UPGRADE ?= --upgrade

.PHONY: help run test test-quick coverage test-engine test-clones test-sdks fuzz mutants bench bench-lists load lint check deploy rollback record package smoke destroy keys data-key rotate import drill restore search-index deployer-policy stage lock data pictures clean
.DEFAULT_GOAL := help

##@ Use

help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run ## Serve on http://localhost:8000/v1 with local stand-ins for AWS (PORT, HOST, MFA_KEY, RATE_LIMITS=off ...)
	@exec $(BIN)/python -m infra.local

##@ Test

# Three on two cores, since some tests wait. Where bytecode is not kept, each process would compile all code and tests again.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/dev ## Run the tests; the slowest twenty are listed
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal --durations 20

test-quick: $(VENV)/dev ## In under a minute: the tests of a room, and those of the rooms above for the same nouns (ROOM=mfa)
	$(BIN)/python -m tests.quick $(or $(ROOM),$(error ROOM=... is missing, a folder of chalicelib or tests))

coverage: $(VENV)/dev ## Run the tests and measure what of chalicelib they cover: 95 % at least
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --cov --cov-report=term:skip-covered

test-engine: $(VENV)/dev ## Races, storage and routes again on Amazon's own engine, DynamoDB Local (Java 17, Maven; TESTS=tests/races)
	$(BIN)/python -m infra.engine $(BIN)/python -m pytest $(or $(TESTS),tests/races tests/storage tests/factors tests/sessions tests/accounts tests/api tests/mfa tests/sign_in tests/web tests/test_worker.py)

test-clones: $(VENV)/dev ## Deployments killed after every single call to AWS, not each twentieth, and run again from another clone, some minutes
	EVERY_CALL=1 $(BIN)/python -m pytest --numprocesses 3 --dist worksteal tests/infra/test_clones.py

test-sdks: $(VENV)/dev ## The MFA guide by the SDKs that are compiled first, some minutes the first time (Java 17, Maven; Rust 1.85)
	$(BIN)/python -m pytest tests/sdk/compiled.py

fuzz: $(VENV)/fuzz ## The served API against its OpenAPI document, with schemathesis, for five minutes at most (SEED=...; Python 3.11)
	$(BIN)/python -m tests.fuzz $(SEED)

mutants: $(VENV)/mutants ## Do the tests notice a change of chalicelib/security and factors? With mutmut, 40 minutes at most (ONLY=pattern)
	$(BIN)/python -m tests.mutants $(ONLY)

bench: $(VENV)/dev ## Size, cold start and CPU of the deployed zip against their bounds, under Lambda's runtime client (Linux)
	@AWS_DEFAULT_REGION=us-east-1 $(BIN)/python -m infra.deploy package dev build/bench
	@$(BIN)/python -m infra.bench build/bench

bench-lists: $(VENV)/dev ## What lists of users cost in read units, with 10, 10,000 and 100,000 users on Amazon's own engine, some minutes (Java 17, Maven)
	@$(BIN)/python -m infra.engine $(BIN)/python -m infra.bench.lists

load: $(VENV)/dev $(VENV)/load ## Sign-ins by many clients on the deployed zip and Amazon's own engine: no failure, no growth (CLIENTS=32 MINUTES=5; Java 17, Maven, Linux)
	@AWS_DEFAULT_REGION=us-east-1 $(BIN)/python -m infra.deploy package dev build/load
	@$(BIN)/python -m infra.engine $(BIN)/python -m infra.load build/load $(or $(CLIENTS),32) $(or $(MINUTES),5)

lint: $(VENV)/dev $(VENV)/lint ## Lint, format, types and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint infra/stack.yaml

check: test lint ## What a change must pass: tests and lint

##@ Deploy

deploy: $(VENV)/run stage ## Deploy to AWS: make deploy STAGE=dev (PARAMETERS="AlarmEmail=you@example.com ..." of infra/stack.yaml; SMOKE=off)
	@$(BIN)/python -m infra.deploy deploy $(STAGE) $(PARAMETERS)

rollback: $(VENV)/run stage ## Back to the release before, at once: make rollback STAGE=dev (TO=id)
	@$(BIN)/python -m infra.deploy rollback $(STAGE) $(if $(TO),--to '$(TO)')

record: $(VENV)/run stage ## Before plain `chalice deploy`, which then changes what is there: make record STAGE=dev
	@$(BIN)/python -m infra.deploy record $(STAGE)

package: $(VENV)/run stage ## Templates and zip for a pipeline, in build/STAGE: make package STAGE=prod
	@$(BIN)/python -m infra.deploy package $(STAGE) build/$(STAGE)

smoke: $(VENV)/run ## Walk through a deployment from sign-up to challenge: make smoke ENDPOINT=https://... (PROJECT=demo)
	@$(BIN)/python -m infra.deploy.smoke $(or $(ENDPOINT),$(error ENDPOINT=... is missing)) $(or $(PROJECT),demo)

destroy: $(VENV)/run stage ## Remove a stage and its data: make destroy STAGE=dev (CONFIRM=dev in a pipeline); refused for prod
	@$(BIN)/python -m infra.deploy destroy $(STAGE)

##@ Operate

keys: $(VENV)/run stage ## API keys: make keys STAGE=dev (CREATE=backend SCOPES=users.read DAYS=90, or REVOKE=id)
	@$(BIN)/python -m infra.deploy.keys $(STAGE) $(if $(CREATE),--create '$(CREATE)') $(if $(SCOPES),--scopes $(SCOPES)) \
		$(if $(DAYS),--days $(DAYS)) $(if $(REVOKE),--revoke $(REVOKE))

data-key: $(VENV)/run stage ## The first data key, unless there is one: make data-key STAGE=dev; make deploy does it by itself
	@$(BIN)/python -m infra.deploy.keys $(STAGE) --first

rotate: $(VENV)/run stage ## A new data key: make rotate STAGE=dev. Nobody is signed out
	@$(BIN)/python -m infra.deploy.keys $(STAGE) --rotate

import: $(VENV)/run ## Users of another system: make import FROM=auth0 FILE=users.ndjson ENDPOINT=https://... (PROJECT=demo HASHES=file FACTORS=file; the key in IMPORT_KEY)
	@$(BIN)/python -m infra.importer $(or $(FROM),$(error FROM=firebase, cognito or auth0 is missing)) $(or $(FILE),$(error FILE=... is missing)) \
		--endpoint $(or $(ENDPOINT),$(error ENDPOINT=https://... is missing)) --project $(or $(PROJECT),demo) \
		$(if $(HASHES),--hashes $(HASHES)) $(if $(FACTORS),--factors $(FACTORS))

drill: $(VENV)/run stage ## Restore the tables under other names and sign in there: make drill STAGE=prod (FROM=2026-01-31T12:00:00Z KEEP=1)
	@$(BIN)/python -m infra.deploy.drill $(STAGE) $(if $(FROM),--from $(FROM)) $(if $(KEEP),--keep)

restore: $(VENV)/run stage ## Give a stage its tables back: make restore STAGE=prod (KEPT=20260131t120000, and DROP=1 to remove what was kept)
	@$(BIN)/python -m infra.deploy.restore $(STAGE) $(if $(KEPT),--kept $(KEPT)) $(if $(DROP),--drop)

search-index: $(VENV)/run stage ## Make users findable who are older than the table of words: make search-index STAGE=dev (AFTER=id to go on)
	@$(BIN)/python -m infra.deploy.search_index $(STAGE) $(if $(AFTER),--after $(AFTER))

deployer-policy: $(VENV)/run stage ## Policies for whoever deploys a stage, in build/deployer: make deployer-policy STAGE=prod (ZONE=id)
	@$(BIN)/python -m infra.deploy.deployer $(STAGE) build/deployer/$(STAGE) $(if $(ZONE),--zone $(ZONE))

stage:
	@$(if $(STAGE),,echo 'STAGE=... is missing, as in: make $(MAKECMDGOALS) STAGE=dev' >&2; exit 1)

##@ Maintain

lock: $(VENV)/lock ## Pin the newest versions that pyproject.toml allows, with hashes (UPGRADE= keeps those that still fit)
	infra/lock.sh $(BIN)/uv $(UPGRADE)

pictures: $(VENV)/dev ## The two pictures of README.md anew, of the running product (Chromium)
	@$(BIN)/python -m infra.pictures

data: $(VENV)/run ## The data files of chalicelib anew, from the packages that infra/data pins (ONLY=common-passwords, mail-domains or world)
	@$(BIN)/python -m infra.data $(if $(ONLY),--only $(ONLY))

clean: ## Remove what the other targets made
	rm -rf $(VENV) build .engine .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
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

$(VENV)/lint: requirements-lint.lock | $(VENV)/venv
	$(PIP) -r $<
	@touch $@

$(VENV)/load: requirements-load.lock | $(VENV)/venv
	$(PIP) -r $<
	@touch $@

$(VENV)/fuzz: requirements-fuzz.lock | $(VENV)/venv
	$(PIP) -r $<
	@touch $@

$(VENV)/mutants: requirements-mutants.lock | $(VENV)/venv
	$(PIP) -r $<
	@touch $@

$(VENV)/lock: requirements-uv.lock | $(VENV)/venv
	$(PIP) -r $<
	@touch $@
