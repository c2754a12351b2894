.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-browser test-studio proof up check ruff mypy sqlfluff squawk bench faults migration release types lock clean prerequisites

PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.installed
STACK := supabase/local/node_modules/.installed
EXAMPLE := examples/web/dist/.built
BROWSER := tests/browser/node_modules/.installed
STUDIO := tests/studio/node_modules/.installed
SQL := $(wildcard sql/*/*.sql)
LATER_MIGRATIONS := $(filter-out %_initial_schema.sql,$(wildcard supabase/migrations/*.sql))
LINTED := .venv/.linted

# Where Python may keep no bytecode, pytest rewrites every test anew: twenty seconds of each worker.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV) $(STACK) ## play a week of the marketplace and show it on a page: verbose=1 tells all, keep=1 leaves it running
	@$(BIN)/python -m demo $(if $(verbose),--verbose) $(if $(keep),--keep)

test: check $(STACK) ## run the checks and the tests that are quick: five minutes on two cores
	@$(BIN)/pytest

test-slow: $(VENV) $(STACK) ## run the tests that take their time: twenty minutes
	@$(BIN)/pytest -m "slow and not faults"

proof: check $(STACK) ## try everything as often as was promised: every kill, race and story, for hours
	@$(BIN)/pytest -m "not bench and not browser and not studio"

test-browser: $(VENV) $(STACK) $(EXAMPLE) $(BROWSER) ## book, pay, teach and decide in Chromium, on the example frontend
	@$(BIN)/pytest -m browser -n0

test-studio: $(VENV) $(STACK) $(STUDIO) ## edit rows as an admin does, through Supabase Studio's own back end
	@$(BIN)/pytest -m studio -n0

up: $(VENV) $(STACK) $(EXAMPLE) ## start everything that a frontend needs, and print URLs, keys and logins: demo=1 from the played week
	@$(BIN)/python -m $(if $(demo),demo --keep,demo.up)

check: $(VENV) ## lint, format, types
	@$(MAKE) --no-print-directory --jobs 3 ruff mypy sqlfluff squawk

ruff:
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

mypy:
	@$(BIN)/mypy

sqlfluff: $(LINTED)

# The first migration meets no data. What comes after it has to be safe on a database in use.
squawk:
	@$(if $(LATER_MIGRATIONS),$(BIN)/squawk $(LATER_MIGRATIONS))

# Only what has changed since it was found in order.
$(LINTED): .sqlfluff $(SQL) requirements-dev.lock
	@$(BIN)/sqlfluff lint $(if $(filter-out $(SQL),$?),sql,$?)
	@touch $@

bench: $(VENV) $(STACK) ## measure speed
	@$(BIN)/pytest -m bench -n0 -p no:randomly

faults: $(VENV) $(STACK) ## kill processes and cut connections at every step
	@$(BIN)/pytest -m "" tests/faults

migration: $(VENV) $(STACK) ## write the difference between sql/ and supabase/migrations: make migration name=add_x
	@$(BIN)/python -m tools.new_migration "$(name)"

release: $(VENV) $(STACK) ## freeze a version and keep what later upgrades are tested with: make release version=0.1.0
	@$(BIN)/python -m tools.release "$(version)"

types: $(VENV) $(STACK) ## write supabase/types and docs/api.md for frontends
	@$(BIN)/python -m tools.new_types

# The lock is made from the default index alone, whatever else this machine's pip looks at.
lock: COMPILE = PIP_CONFIG_FILE=/dev/null PIP_EXTRA_INDEX_URL= PIP_FIND_LINKS= $(BIN)/pip-compile --quiet \
	--generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host pyproject.toml
lock: $(VENV) ## pin versions and hashes of what pyproject.toml asks for (upgrade=1: the newest)
	$(COMPILE) $(if $(upgrade),--upgrade) --output-file requirements.lock
	$(COMPILE) $(if $(upgrade),--upgrade) --output-file requirements-dev.lock \
		--extra dev --constraint requirements.lock

clean: ## remove what the other targets installed and cached
	rm -rf .venv supabase/local/node_modules tests/browser/node_modules tests/studio/node_modules examples/web/node_modules examples/web/dist .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info build
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV): requirements-dev.lock | prerequisites
	@echo "Installing Python packages into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	@$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(STACK): supabase/local/package-lock.json | prerequisites
	@echo "Installing the local stack into supabase/local/node_modules ..."
	@npm ci --prefix supabase/local --no-audit --no-fund --loglevel=error
	@touch $@

$(EXAMPLE): $(wildcard examples/web/src/*.ts examples/web/src/*/*.ts examples/web/public/* examples/web/*.*) \
		supabase/types/api.ts | prerequisites
	@echo "Building the example frontend into examples/web/dist ..."
	@npm ci --prefix examples/web --no-audit --no-fund --loglevel=error
	@npm run --prefix examples/web --silent build -- --logLevel warn
	@touch $@

$(BROWSER): tests/browser/package-lock.json | prerequisites
	@npm ci --prefix tests/browser --no-audit --no-fund --loglevel=error
	@touch $@

$(STUDIO): tests/studio/package-lock.json | prerequisites
	@npm ci --prefix tests/studio --no-audit --no-fund --loglevel=error --ignore-scripts
	@touch $@

prerequisites:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "LPlate needs Python 3.11 or newer as '$(PYTHON)'. Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null \
		|| { echo "LPlate needs Node.js 20 or newer, with npm, on the PATH." >&2; exit 1; }
