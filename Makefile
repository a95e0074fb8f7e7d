# What people type. Everything that is made stands in .venv and .run; nothing else of the machine is changed,
# but for Debian packages that `make demo` and `make test` install when they run as root and something is missing.
SHELL := /bin/bash
PY := .venv/bin/python
CC := .venv/bin/ccengine
.DEFAULT_GOAL := help
.PHONY: help demo up down test check format lock host-demo host-test prompts bench

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/ready host-demo ## set everything up, run the hotline in the foreground, place sample calls (Ctrl-C ends all)
	@exec $(CC) demo

up: .venv/ready host-demo ## the same in the background, without sample calls; mends what is half dead
	@$(CC) up

down: ## stop what `make up` started
	@if [ -x $(CC) ]; then $(CC) down; fi

test: .venv/ready host-test ## all tests, the real PBX and the browser included
	@$(CC) pbx install
	@$(PY) -m pytest -q

check: .venv/ready ## ruff, mypy, import direction, dialplan lint
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy
	@$(PY) -m pytest -q tests/test_imports.py
	@$(CC) pbx lint

bench: .venv/ready host-test ## figures, measured on the real PBX
	@$(CC) pbx install
	@$(PY) tests/bench/orders.py

format: .venv/ready ## put the code into its form
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

lock: .venv/ready ## make the lock files anew from pyproject.toml
	@$(PY) -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock pyproject.toml
	@$(PY) -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --allow-unsafe --extra dev -o requirements-dev.lock pyproject.toml

# --- set-up -------------------------------------------------------------------------------------------------------
.venv/ready: requirements-dev.lock pyproject.toml
	@$(call need,python3 -m ensurepip --version,python3-venv)
	@test -x $(PY) || python3 -m venv .venv
	@echo "installing the Python packages (1-2 minutes the first time) ..."
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps -e . >.venv/install.log 2>&1 || { cat .venv/install.log; exit 1; }
	@touch $@

# need(command that works when the package is there, package): install it as root, else say the one line that does
define need
$(1) >/dev/null 2>&1 || { if [ "$$(id -u)" = 0 ]; then echo "installing $(2) ..."; { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(2); } >/dev/null; else echo "missing: $(2). Install it with: sudo apt-get install -y $(2)" >&2; exit 1; fi; }
endef

host-demo:
	@command -v asterisk >/dev/null 2>&1 || test -x .run/asterisk-root/usr/sbin/asterisk || { $(call need,command -v mmdebstrap,mmdebstrap); }

host-test: host-demo
	@$(call need,command -v sipp,sip-tester)
	@$(call need,command -v chromium,chromium)
	@$(call need,fc-list :lang=zh | grep -q .,fonts-noto-cjk fontconfig)
