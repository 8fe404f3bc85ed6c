# Every target makes .venv itself; Python 3.11 or newer and make are all that must be there.
PYTHON ?= python3
STACK  ?= local
PORT   ?= 4566
TO     ?= .build/contract

VENV := .venv
BIN  := $(VENV)/bin
DONE := $(VENV)/.installed
COMPARED := .build/bench-venv
PACK := .build/policies-venv
FUZZER := .build/schemathesis-venv
CLIENTS := .build/clients-venv
DELIVERY := .build/delivery-venv
MUTATION := .build/mutation-venv
ENGINE := .build/engine
LOCKS := requirements-installer.txt requirements.txt requirements-dev.txt handler/requirements.txt
RESOLVED := handler/requirements requirements requirements-installer requirements-dev benchmarks/requirements \
  policies/audit/requirements policies/requirements tests/contract/schemathesis tests/contract/clients/requirements \
  tests/operations/requirements tests/sabotage/mutation

# The variables of each target. One that no target of the command takes is refused: it would be ignored.
VARIABLES := STACK PORT RESET TO BREAKING DIFF MODULE RPS USERS REQUESTS
TAKES_up := STACK PORT RESET
TAKES_web := STACK
TAKES_contract := STACK TO
TAKES_contract-release := BREAKING
TAKES_routes := DIFF
TAKES_smoke := STACK
TAKES_attack := STACK
TAKES_mutation := MODULE
TAKES_audit := STACK
TAKES_policies := STACK
TAKES_capacity := STACK RPS USERS
TAKES_cost := STACK REQUESTS USERS
GOALS := $(or $(MAKECMDGOALS),help)
TAKEN := $(foreach goal,$(GOALS),$(TAKES_$(goal)))
GIVEN := $(foreach name,$(VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name)))
ifneq ($(filter-out $(TAKEN),$(GIVEN)),)
$(error make $(GOALS) takes $(or $(TAKEN),no variable), got $(filter-out $(TAKEN),$(GIVEN)))
endif
# The stack that is asked for, if any, of those in Pulumi.*.yaml; and a deployed one, which the local run is not.
ASKED := $(if $(filter-out file,$(origin STACK)),--stack $(STACK))
DEPLOYED := $(if $(filter-out local,$(STACK)),--stack $(STACK))

# A .venv whose Python has gone, or was replaced by another one, is made anew.
ifneq ($(wildcard $(DONE)),)
$(if $(shell $(BIN)/python -c 'print(1)' 2>/dev/null),,$(shell rm -f $(DONE)))
endif
# uv and pip keep what they fetched under HOME; without one that can be written, here.
ifeq ($(shell mkdir -p "$(HOME)/.cache" 2>/dev/null && test -w "$(HOME)/.cache" && echo yes),)
export UV_CACHE_DIR := $(CURDIR)/.build/uv
export PIP_CACHE_DIR := $(CURDIR)/.build/pip
endif

# Python keeps what it compiled, whatever the shell says: the tests start hundreds of processes on the same modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install up down test quick acceptance web check format bench fuzz contract contract-release routes smoke attack mutation sabotage audit policies capacity cost workflows pip-audit docs lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(DONE) ## Make .venv with all that the program and its tools need

up: $(DONE) ## Run the stack on this machine (STACK=local PORT=4566) until Ctrl-C; RESET=1 begins without its users
	@$(BIN)/python -m local up --stack $(STACK) --port $(PORT) $(if $(RESET),--reset)

down: $(DONE) ## Stop the stack that runs on this machine
	@$(BIN)/python -m local down

test: $(DONE) ## Run all tests but the acceptance tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile

quick: $(DONE) ## Check format, lint and types, and run the tests nearest to the changes since main, in seconds
	@$(BIN)/python -m tests.quick

acceptance: $(DONE) $(PACK)/.installed $(FUZZER)/.installed $(CLIENTS)/.installed $(DELIVERY)/actionlint $(ENGINE)/pulumi ## Run the slow tests: browser, front-end libraries, whole stacks
	@$(BIN)/python -m pytest -m acceptance -n 2 --dist loadfile

web: $(DONE) web/node_modules/.installed ## Serve the sample front end beside the stack that runs here, or beside STACK=prod
	@$(BIN)/python -m contract --to web/contract $(DEPLOYED)
	@cd web && exec npm run --silent dev

check: $(DONE) ## Run what CI runs: format, lint, types, spelling, wording, all tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/python -m docs.prose
	@$(BIN)/python -m docs.generate --check
	@$(BIN)/python -m policies
	@$(BIN)/python -m contract --check
	@$(MAKE) --no-print-directory workflows
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory acceptance

format: $(DONE) ## Format the code and fix what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DONE) $(COMPARED)/.installed $(ENGINE)/pulumi ## Measure the handler, its import, the program and the start-up
	@$(BIN)/python -m benchmarks

fuzz: $(DONE) ## Throw 200,000 random mutations of valid tokens at the handler, and as many of parameters
	@$(BIN)/python -m tests.handler.fuzz --count 200000

contract: $(DONE) ## Write what front ends build on of the stack that runs here, or of STACK=prod (TO=.build/contract)
	@$(BIN)/python -m contract --to $(TO) $(DEPLOYED)

contract-release: $(DONE) ## Promise the program's contract from now on (BREAKING=1 if it takes something away)
	@$(BIN)/python -m contract --release $(if $(BREAKING),--breaking)

routes: $(DONE) ## Show who may call what; DIFF=REV says what changed since
	@$(BIN)/python -m proof routes $(if $(DIFF),--diff $(DIFF))

smoke: $(DONE) ## Check the stack that runs here, or STACK=prod after its deployment
	@$(BIN)/python -m proof smoke $(DEPLOYED)

attack: $(DONE) ## Attack the stack that runs here, or STACK=prod, and report what answered
	@$(BIN)/python -m proof attack --html .local/attack.html $(DEPLOYED)

mutation: $(MUTATION)/.installed ## Change each line of a module of the handler (MODULE=handler/tokens.py) and list what survives
	@$(BIN)/python -m tests.sabotage.mutation --mutmut $(MUTATION)/bin/mutmut $(if $(MODULE),--module $(MODULE))

sabotage: $(DONE) ## Break the project in many ways and see each caught
	@$(BIN)/python -m tests.sabotage

audit: $(DONE) ## Have Prowler audit the stack (STACK=local)
	@$(BIN)/python -m policies.audit --stack $(STACK)

policies: $(DONE) $(PACK)/.installed ## Hold the stacks against the infrastructure checklist (STACK=all)
	@$(BIN)/python -m policies $(ASKED)

workflows: $(DELIVERY)/actionlint ## Lint the workflows of .github
	@$(DELIVERY)/bin/zizmor --offline --quiet --persona auditor .github
	@$(DELIVERY)/actionlint -shellcheck= -pyflakes=

pip-audit: $(DELIVERY)/.installed ## Look every locked package up among the known vulnerabilities
	@$(DELIVERY)/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes $(RESOLVED:%=-r %.txt)

capacity: $(DONE) ## Say which quota binds first (RPS=400 USERS=20000 STACK=prod)
	@$(if $(RPS),,echo "make capacity must have RPS, the requests a second: make capacity RPS=400" >&2; exit 1)
	@$(BIN)/python -m operations capacity --rps "$(RPS)" $(if $(USERS),--users "$(USERS)") $(ASKED)

cost: $(DONE) ## Say what a month costs (REQUESTS=1000000 USERS=1000 STACK=prod)
	@$(BIN)/python -m operations cost $(if $(REQUESTS),--requests "$(REQUESTS)") $(if $(USERS),--users "$(USERS)") $(ASKED)

docs: $(DONE) ## Write the parts of the documentation that follow from the code
	@$(BIN)/python -m docs.generate

lock: $(DONE) ## Resolve the requirements anew, with hashes
	@for name in $(RESOLVED); do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --custom-compile-command "make lock" $$name.in --output-file $$name.txt; done

clean: down ## Stop the stack and remove what the targets made
	@rm -rf web/node_modules web/contract web/dist tests/web/node_modules tests/contract/clients/node_modules
	@rm -rf $(VENV) .build .local .mypy_cache .pytest_cache .ruff_cache .hypothesis

%/node_modules/.installed: %/package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' \
	  2>/dev/null && command -v npm >/dev/null || \
	  { echo "Node.js 20.19 or newer and npm are needed, found $$(node --version 2>/dev/null || echo none)" >&2; exit 1; }
	@echo "Installing into $*/node_modules (once) …"
	@cd $* && npm ci --silent --no-audit --no-fund
	@touch $@

$(COMPARED)/.installed: benchmarks/requirements.txt $(DONE)
$(FUZZER)/.installed: tests/contract/schemathesis.txt $(DONE)
$(CLIENTS)/.installed: tests/contract/clients/requirements.txt $(DONE)
$(PACK)/.installed: policies/requirements.txt $(DONE)
$(DELIVERY)/.installed: tests/operations/requirements.txt $(DONE)
$(MUTATION)/.installed: tests/sabotage/mutation.txt $(DONE)
$(COMPARED)/.installed $(FUZZER)/.installed $(CLIENTS)/.installed $(PACK)/.installed $(DELIVERY)/.installed $(MUTATION)/.installed:
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $<
	@touch $@

# Its own packages are the only ones that it builds with, and go.sum has the hash of each.
$(DELIVERY)/actionlint: tests/operations/go.mod tests/operations/go.sum $(DELIVERY)/.installed
	@GOFLAGS=-modcacherw GOTOOLCHAIN=local GOPATH=$(CURDIR)/.build/go $(CURDIR)/$(DELIVERY)/bin/go build \
	  -C tests/operations -buildvcs=false -o $(CURDIR)/$@ github.com/rhysd/actionlint/cmd/actionlint

$(DONE): $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, found $$($(PYTHON) --version); set PYTHON=" >&2; exit 1; }
	@echo "Installing into $(VENV) (once) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-installer.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $(DONE)

# The Pulumi CLI, for tests only. Go keeps what it fetched and compiled in its own caches, so a second clone builds in seconds.
$(ENGINE)/pulumi: tests/engine/go.mod tests/engine/go.sum $(DELIVERY)/.installed
	@echo "Building the Pulumi CLI into $(ENGINE) (once, some minutes) …"
	@version=$$(sed -n 's#.*github.com/pulumi/pulumi/pkg/v3 \(v[0-9.]*\).*#\1#p' tests/engine/go.mod | head -1); \
	  GOTOOLCHAIN=local $(CURDIR)/$(DELIVERY)/bin/go build -C tests/engine -buildvcs=false -o $(CURDIR)/$@ \
	  -ldflags "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$$version" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
