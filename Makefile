# Everything that is done with Winnow on one machine. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin
IN := $(RUN)/python
MEMBERS := contracts common gateway scoring pipeline client local dev
CODE := libs services clients deploy tests bench
BENCHES := $(subst _,-,$(sort $(patsubst bench/bench_%.py,%,$(wildcard bench/bench_*.py))))

# Tests run in two processes, each with servers of its own; the tests of one file stay together.
TEST_PROCESSES ?= 2
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {sub("%", "<name>", $$1); printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  make up takes PORT=8080, SCALE="scoring=2 gateway=2", WINNOW_HOME=/folder, LOG_LEVEL=debug, and'
	@echo '  WINNOW_KAFKA, WINNOW_POSTGRES, WINNOW_REDIS for servers that exist already.'

## One machine

.PHONY: setup up demo
setup: .environment-local ## Create the environment and fetch all that a first start needs
	@$(IN) -m winnow_gateway.assets
	@$(IN) -m winnow_local warm

# One exec, with the signal that the kernel sends when make ends: whoever kills make, however, ends the stack.
up: .environment-local ## Start everything; Ctrl-C stops it
	@exec setpriv --pdeathsig KILL -- $(RUN)/python -m winnow_local up

demo: .environment-local ## Load real companies, score them and show the best, with reasons
	@exec setpriv --pdeathsig KILL -- $(RUN)/python -m winnow_local demo

## Tests and checks

.PHONY: test bench bench-smoke check
test: .environment-dev ## Every test, on real PostgreSQL, Valkey and Kafka (TESTS=tests/scoring for some)
	@$(IN) -m winnow_local warm
	@$(IN) -m pytest -n $(TEST_PROCESSES) --dist loadfile $(TESTS)

check: lint types boundaries schemas-diff openapi-diff migrations-lint alone ## Everything that needs no servers

.PHONY: lint types boundaries schemas-diff openapi-diff migrations-lint alone
lint: .environment-dev ## Rules and format of the code (ruff)
	$(RUN)/ruff check $(wildcard $(CODE))
	$(RUN)/ruff format --check $(wildcard $(CODE))

types: .environment-dev ## Types, strictly (mypy)
	$(RUN)/mypy

boundaries: .environment-dev ## Who may import whom (import-linter)
	$(RUN)/lint-imports

schemas-diff: .environment-dev ## The committed schemas are those of the models
	$(IN) -m winnow_contracts.schemas --check

openapi-diff: .environment-dev ## The committed OpenAPI document is that of the route table
	$(IN) -m winnow_gateway openapi --check

# dbmate runs each file in a transaction. Small integers are chosen where a column is a count of few, and a new table
# needs no timeouts, which a change of one in use has to set itself.
SQUAWK = --assume-in-transaction --pg-version 15 --exclude prefer-bigint-over-int,prefer-bigint-over-smallint,$(\
	)require-lock-timeout,require-statement-timeout
migrations-lint: .environment-dev ## Migrations that would lock or break a running service (squawk)
	@set -e; for file in $(sort $(wildcard libs/*/*/migrations/*.sql services/*/*/migrations/*.sql)); do \
		sed '/^-- migrate:down/,$$d' $$file | $(RUN)/squawk --stdin-filepath $$file $(SQUAWK); \
	done

alone: alone-gateway alone-scoring alone-pipeline ## Each service imports with nothing but its own requirements installed
alone-%: .environment-dev
	$(IN) deploy/local/alone.py $*

bench: $(BENCHES:%=bench-%) ## Every figure of the README
bench-%: .environment-bench ## One of them: make bench-gateway ARGS="--rounds 3"
	$(IN) -m bench.bench_$(subst -,_,$*) $(ARGS)

# That each of them still runs; figures of so short runs mean nothing.
bench-smoke: .environment-bench
	$(IN) -m bench.bench_rules --companies 50 --rounds 1
	$(IN) -m bench.bench_gateway --seconds 0.5 --rounds 1 --connections 8
	$(IN) -m bench.bench_scoring --messages 2000 --seconds 1
	$(IN) -m bench.bench_round_trip --seconds 1 --rounds 1
	$(IN) -m bench.bench_start --rounds 1
	$(IN) -m bench.bench_lookups --seconds 1 --rate 20
	$(IN) -m bench.bench_quality --subindustries 2 --seeds 1 --population 300
	$(IN) -m bench.bench_similarity --sizes 1000 2000 --rounds 1
	$(IN) -m bench.bench_dedup --without-splink --people 3000 --sets fake_1000 febrl_3
	$(IN) -m bench.bench_pipeline --sizes 500 2000
	$(IN) -m bench.bench_validate --rows 2000 --rounds 1
	$(IN) -m bench.bench_upload --sizes 1000000 2000000

## What is generated and committed

.PHONY: schemas openapi requirements
schemas: .environment-dev ## Write libs/contracts/schemas from the models
	$(IN) -m winnow_contracts.schemas

openapi: .environment-dev ## Write the OpenAPI document from the route table
	$(IN) -m winnow_gateway openapi

# All are pinned to one resolution of everything, so that a version is the same wherever it is used.
COMPILE = $(RUN)/uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
requirements: .environment-local ## Compile requirements/*.in anew (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) -o requirements/bench.txt requirements/bench.in requirements/installer.in
	for member in installer $(MEMBERS); do \
		$(COMPILE) -c requirements/bench.txt -o requirements/$$member.txt requirements/$$member.in || exit 1; \
	done

## The rest

.PHONY: clean
clean: ## Remove the environment, caches and the state of the stack in .winnow
	rm -rf $(VENV) $(VENV).lock .winnow .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(wildcard $(CODE)) -name __pycache__ -type d -prune -exec rm -rf {} +

# Rebuilt when a requirement file or a member's metadata changes, which the script finds out for itself.
.PHONY: .environment-local .environment-dev .environment-bench
.environment-local .environment-dev .environment-bench: .environment-%:
	@command -v $(PYTHON) > /dev/null || { echo 'Winnow needs Python 3.11 or later: apt-get install python3' >&2; exit 1; }
	@$(PYTHON) deploy/local/environment.py $(VENV) $*
