# `make run` and `make test` do all their own set-up; the other targets are for working on the project.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
UV = $$(python3 deploy/bootstrap.py)
RUN = .venv/bin

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: run
run: .venv/runtime ## Install what is missing and start everything on the embedded default
	@exec $(RUN)/helpdesk up

.PHONY: test
test: .venv/development ## Install what is missing (PostgreSQL, Chromium, Node too), run every check and test
	@deploy/install-test-servers
	@$(RUN)/python deploy/checks.py

.PHONY: lint
lint: .venv/development ## Linters, type checker, import contracts only
	@$(RUN)/python deploy/checks.py --lint

.PHONY: format
format: .venv/development ## Format the code
	@$(RUN)/ruff check --fix . && $(RUN)/ruff format .

.PHONY: mutants
mutants: .venv/development ## Mutation testing of the pure modules
	@$(RUN)/python deploy/mutants.py

.PHONY: bench
bench: .venv/development ## Every benchmark, each beside a named peer or limit
	@$(RUN)/python -m benchmarks

.PHONY: rasa-baseline
rasa-baseline: .venv/development ## Install a real Rasa (3 GB), train it (hours; ARGS="--epochs 12": less) and compare: docs/reference/rasa-baseline.md
	@$(RUN)/python benchmarks/rasa/run.py $(ARGS)

.PHONY: teams-app
teams-app: .venv/runtime ## Write var/teams-app.zip for Teams (docs/how-to/connect-teams.md); ARGS="--developer …"
	@$(RUN)/python deploy/teams_app.py $(ARGS)

.PHONY: docs
docs: .venv/development ## Build the documentation into docs/_build
	@$(RUN)/sphinx-build -W -q docs docs/_build && echo docs/_build/index.html

.PHONY: clean
clean: ## Remove what was installed and built (not var/, where the data is)
	@rm -rf .venv .tools docs/_build .pytest_cache .ruff_cache mutants artifacts

# The machine's own certificates, as git and pip use them: a campus may have a proxy of its own.
# `uv sync` is quick when nothing is missing; the marks only spare it at every start. `--inexact`: what
# was installed for development stays.
.venv/runtime: pyproject.toml uv.lock
	@$(UV) sync --system-certs --frozen --quiet --no-default-groups --inexact
	@touch $@

.venv/development: pyproject.toml uv.lock
	@$(UV) sync --system-certs --frozen --quiet
	@touch $@ .venv/runtime
