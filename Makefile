# The two commands of a newcomer are `make demo` and `make test`; both do all their own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test test-every-suite test-fast check bench faults faults-chosen schema docs wheel setup

PYTHON := .venv/bin/python

demo: setup
	@$(PYTHON) -m lab demo

test: setup
	@$(PYTHON) -m pytest --numprocesses 5

# The lab tests that `make test` runs on one Debian suite run on both.
test-every-suite: setup
	@EVERY_SUITE=1 $(PYTHON) -m pytest --numprocesses 5

# What needs neither root nor hosts.
test-fast: .venv/ready
	@$(PYTHON) -m pytest --numprocesses 2 tests/unit tests/fake

check: .venv/ready
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: setup
	@$(PYTHON) -m bench

# It takes hours. A second run goes on where the first one stopped.
faults: setup
	@$(PYTHON) -m faults

faults-chosen: setup
	@$(PYTHON) -m faults --chosen --fresh

schema: .venv/ready
	@$(PYTHON) -c 'from keepalived.spec.cluster_file import json_schema; print(json_schema(), end="")' \
		>keepalived/cluster.schema.json

docs: .venv/ready
	@$(PYTHON) -m keepalived.spec.table docs/cluster-file.md

wheel: .venv/ready
	@rm -rf dist
	@$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

# Where the machine cannot be given what the lab needs, the commands themselves say what is missing.
setup: .venv/ready
	@$(PYTHON) -m lab setup || true

.venv/ready: requirements.txt requirements-dev.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; python3 here is $$(python3 --version 2>&1)."; exit 1; }
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { echo "Installing python3-venv"; \
		as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$as_root apt-get -qq update && $$as_root apt-get -qq install -y python3-venv; }
	@echo "Installing the Python packages of requirements-dev.txt into .venv"
	@python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
