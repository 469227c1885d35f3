# Tambo's verbs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# A folder of your own CSVs, for any verb: its state lies in a home of its own, .tambo-<folder>.
ifdef RAW
export TAMBO_RAW := $(RAW)
endif
# How to read them, where names or formats are foreign.
ifdef MAPPING
export TAMBO_MAPPING := $(MAPPING)
endif
export DO_NOT_TRACK := 1
export PYTHONWARNINGS ?= ignore

.PHONY: help
help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 13) \
	  else f"Tambo needs Python 3.11 or 3.12, found {v[0]}.{v[1]}. Set PYTHON=python3.11.")'
	@echo "making $(VENV) from requirements.lock"
	@# An environment that runs is brought up to date, not made again under whoever uses it.
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  2> /dev/null || $(PYTHON) -m venv --clear $(VENV)
	@# uv installs the locked set in a fraction of pip's time; pip only fetches uv itself.
	@awk '/^[A-Za-z0-9]/ {keep = /^uv==/} keep' requirements.lock > $(VENV)/bootstrap.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r $(VENV)/bootstrap.txt
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: venv
venv: $(READY) ## make the virtual environment from requirements.lock

.PHONY: run
run: $(READY) ## raw files to a served model, one call, then stop; RAW=<folder> for your own CSVs, MAPPING=<file>
	$(BIN)/tambo run

# Needed only where a home holds bentos of several domains.
DOMAIN ?=
.PHONY: serve
serve: $(READY) ## serve the bento until Ctrl-C; its docs page is at /; DOMAIN= where there are several
	$(BIN)/tambo serve $(DOMAIN)

.PHONY: app
app: $(READY) ## the web application on loopback until Ctrl-C; beside it: make serve
	$(BIN)/python -m app

.PHONY: test
test: $(READY) ## all tests, fast ones first
	$(BIN)/pytest -n 2 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder

.PHONY: explore
explore: $(READY) ## property tests on new random examples, until Ctrl-C or a failure
	while $(BIN)/pytest -n 2 -q --hypothesis-profile=explore tests/property; do :; done

.PHONY: check
check: $(READY) ## formatting, lint, types, imports, SQL, generated code, manifests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 1 dbt/models
	$(BIN)/tambo features generate --check
	$(BIN)/pytest --quiet -m "not slow" tests/unit/test_jenkinsfile.py \
	  tests/integration/test_jenkinsfile_lint.py tests/integration/test_k8s_manifests.py \
	  tests/integration/test_k8s_network.py

.PHONY: docs
docs: $(READY) ## dbt docs as one static page, and the data docs of the gate
	$(BIN)/tambo docs

.PHONY: airflow
airflow: $(READY) ## the four Airflow components on loopback until Ctrl-C
	$(BIN)/python -m orchestration.components

IMAGE_OPTIONS ?=
.PHONY: image
image: $(READY) ## the service as a container image; needs podman, buildah or docker
	$(BIN)/tambo bundle $(DOMAIN)
	$(BIN)/python -m bentos.containerize build $(DOMAIN:%=--domain %) $(IMAGE_OPTIONS)

.PHONY: image-listener
image-listener: $(READY) ## `tambo listen` as a container image, for k8s/components/telemetry
	$(BIN)/python -m bentos.listener $(IMAGE_OPTIONS)

.PHONY: push
push: $(READY) ## push that image; TAMBO_REGISTRY_HOST, _USR and _PSW say where and who
	$(BIN)/python -m bentos.containerize push $(DOMAIN:%=--domain %)

.PHONY: mlflow
mlflow: $(READY) ## MLflow's pages on loopback until Ctrl-C
	$(BIN)/tambo mlflow

.PHONY: bench
bench: $(READY) ## measurements against peers, hours; tables go to docs/benchmarks/
	$(BIN)/python -m benchmarks.online
	$(BIN)/python -m benchmarks.materialize
	$(BIN)/python -m benchmarks.joins
	$(BIN)/python -m benchmarks.road
	$(BIN)/python -m benchmarks.camera
	$(BIN)/python -m benchmarks.sql_extraction
	$(BIN)/python -m benchmarks.telemetry --out docs/benchmarks/telemetry.md
	$(BIN)/python -m benchmarks.telemetry --away 60 --out docs/benchmarks/telemetry-away.md
	$(BIN)/python -m benchmarks.campaigns --out docs/benchmarks/campaigns.md
	$(BIN)/tambo run
	$(BIN)/python -m benchmarks.forecast
	$(BIN)/python -m benchmarks.forecast_training
	$(BIN)/python -m benchmarks.flow_service
	$(BIN)/python -m benchmarks.recommend
	$(BIN)/python -m benchmarks.hotels_world "$${TAMBO_HOME:-.tambo}" --out docs/benchmarks/hotels.md
	$(BIN)/python -m benchmarks.maintenance_world "$${TAMBO_HOME:-.tambo}" --out docs/benchmarks/maintenance.md
	$(BIN)/python -m benchmarks.schedule --out docs/benchmarks/schedule.md
	$(BIN)/python -m benchmarks.schedule --recipes --steps 2000 --out docs/benchmarks/schedule-recipes.md
	$(BIN)/python -m benchmarks.schedule_time --out docs/benchmarks/schedule-time.md

.PHONY: lock
lock: $(READY) ## resolve pyproject.toml into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --python-version 3.11 \
	  --no-emit-index-url --no-header --no-annotate pyproject.toml --output-file requirements.lock

.PHONY: clean
clean: ## remove all state, caches and the environment
	rm -rf $${TAMBO_HOME:-.tambo .tambo-*} $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache site
