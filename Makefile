# `make run` and `make test` each work as the first command on a fresh clone.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

# Where the local system keeps its data, and the port that it serves on.
export DATA_DIR ?= .local
export PORT ?= 8000
URL ?= http://127.0.0.1:$(PORT)
MAP ?= infra/tools/mappings/petabencana.yaml

VENV := .venv
PY := $(VENV)/bin/python
BASE := $(VENV)/.stamp-base
RUN := $(VENV)/.stamp-run
DEV := $(VENV)/.stamp-dev

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN) ## Run the whole system on this machine: local AWS, stack, demo city, API
	@OWNER=$$PPID exec $(PY) -m infra.local.run

test: $(DEV) ## Run all tests
	@$(PY) -m pytest -n auto --dist loadgroup $(ARGS)

check: $(DEV) ## Format, lint, types, template, tests
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(PY) -m infra.package --stage check --no-dependencies --lint
	@$(MAKE) --no-print-directory test

fix: $(DEV) ## Format and mend what can be mended by itself
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .
	@$(PY) -m infra.tools.write_permissions

replay: $(RUN) ## Send the reports of FILE= by the public API: MAP= RATE= PHOTOS= TAG=
	@$(PY) -m infra.tools.replay --url "$(URL)" --file "$(FILE)" --map "$(MAP)" --run "$(TAG)" \
		$(if $(RATE),--rate "$(RATE)") $(if $(PHOTOS),--photos "$(PHOTOS)")

import-areas: $(RUN) ## Put the polygons of FILE= into the directory: ID= NAME= LEVEL= PARENT=
	@$(PY) -m infra.tools.import_areas --url "$(URL)" --file "$(FILE)" --id "$(or $(ID),id)" \
		--name "$(or $(NAME),name)" --level "$(or $(LEVEL),1)" --parent "$(PARENT)"

reroute: $(RUN) ## Tell which open reports the directory gives to others now; APPLY=1 moves them
	@$(PY) -m infra.tools.reroute --url "$(URL)" $(if $(AGENCY),--agency "$(AGENCY)") \
		$(if $(APPLY),--apply) $(if $(HANDED_OVER),--handed-over)

watch-webhooks: $(RUN) ## Receive, verify and print the events of AGENCY=, or of the whole city
	@$(PY) -m infra.tools.watch_webhooks --url "$(URL)" --agency "$(AGENCY)" $(if $(TO),--to "$(TO)")

verify-audit: $(RUN) ## Recompute the chains of the audit against their sealed heads: STACK= or the local one
	@$(PY) -m infra.tools.verify_audit $(if $(STACK),--stack "$(STACK)",--endpoint "$(URL)")

token: $(RUN) ## Print a bearer token for the local system: ROLE=citizen AGENCY= SUB=
	@$(PY) -m infra.local.identity --role "$(or $(ROLE),citizen)" --agency "$(AGENCY)" --sub "$(SUB)"

soak: $(DEV) ## The slow proofs: properties on 10,000 cases each, 200 threads racing for one report
	@$(PY) -m pytest -n auto tests/places --hypothesis-profile=thorough
	@RACING_THREADS=200 $(PY) -m pytest tests/reports/test_one_history.py
	@RACING_SUPPORTERS=100 $(PY) -m pytest tests/taking_part/test_follows.py

bench: $(RUN) ## Measure, and write docs/benchmarks.md; only some: BENCH="cold_start ..."
	@$(PY) -m bench $(BENCH)

package: $(RUN) ## Build the deployment for STAGE=...: template and zip with compiled code
	@$(PY) -m infra.package --stage "$(STAGE)"

deploy: $(RUN) ## Put the stack of STAGE= on AWS, its files in BUCKET=; see docs/deploy.md
	@$(PY) -m infra.deploy --stage "$(STAGE)" --bucket "$(BUCKET)" $(DEPLOY)

clean: ## Remove the environment and what was built; the local data stay
	rm -rf $(VENV) .build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BASE):
	@bash infra/make_venv.sh $(VENV)
	@touch $@

$(RUN): $(BASE) requirements.txt infra/requirements.txt
	@echo "Installing what the system runs on (a minute or so the first time) ..."
	@bash infra/install.sh $(PY) infra/requirements.txt
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	@echo "Installing what the tests need (a minute or so the first time) ..."
	@bash infra/install.sh $(PY) requirements-dev.txt
	@touch $@

.PHONY: help run test check fix replay import-areas reroute watch-webhooks verify-audit token soak bench package deploy clean
