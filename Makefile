# What people type. Everything that is made stands in .venv and .run; nothing else of the machine is changed,
# but for Debian packages that `make demo` and `make test` install when they run as root and something is missing.
SHELL := /bin/bash
PY := .venv/bin/python
CC := .venv/bin/ccengine
# Workers of `make test`, each with a PBX, databases and a browser of its own; 0: all tests one after the other.
WORKERS ?= 3
# Where a machine forbids it, each of the hundred processes that tests start would compile the whole program for itself.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: host-faults help demo up down test check format lock host-test prompts bench variants faults

help: ## 本列表 · this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/ready ## 装好一切，前台运行热线并拨示例电话（Ctrl-C 全部结束） · set everything up, run the hotline in the foreground, place sample calls
	@exec $(CC) demo

up: .venv/ready ## 后台运行，不拨示例电话；半死的会修好 · the same in the background, without sample calls; mends what is half dead
	@$(CC) up

down: ## 停止 · stop what `make up` started
	@if [ -x $(CC) ]; then $(CC) down; fi

test: .venv/ready host-test ## 全部测试，含真实交换机和浏览器 · all tests, the real PBX and the browser included
	@$(CC) pbx install
	@$(PY) -m compileall -q -j 0 ccengine
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: .venv/ready ## ruff、mypy、导入方向、拨号方案 · ruff, mypy, import direction, dialplan lint
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy
	@$(PY) -m pytest -q tests/test_imports.py
	@$(CC) pbx lint

bench: .venv/ready host-test ## 在真实交换机上测量 · figures side by side, measured on the real PBX (ONLY=feed,journal; SIZE=1000000 orders)
	@$(CC) pbx install
	@ONLY="$(ONLY)" SIZE="$(SIZE)" DATA="$(DATA)" ROUNDS="$(ROUNDS)" PYTHONPATH=tests:tests/pbx:tests/system:tests/faults $(PY) benchmarks/bench.py

variants: .venv/ready host-test ## 启动三种对照 · the bench's three variants to call by hand: bare dialplan, null FastAGI, ours
	@$(CC) pbx install
	@PYTHONPATH=tests:tests/pbx:tests/system:tests/faults $(PY) benchmarks/variants.py

faults: .venv/ready host-faults ## 破坏运行中的热线并裁定损失 · break a running hotline and judge what was lost (SEED=7 MINUTES=60 ONLY="killed in" DATABASE=sqlite LONG=1 KILLS=200)
	@$(CC) pbx install
	@SEED="$(SEED)" MINUTES="$(MINUTES)" ONLY="$(ONLY)" DATABASE="$(DATABASE)" LONG="$(LONG)" KILLS="$(KILLS)" $(PY) tests/faults/fault_run.py

format: .venv/ready ## 整理代码 · put the code into its form
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

lock: .venv/ready ## 更新锁定文件 · make the lock files anew from pyproject.toml
	@$(PY) -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock pyproject.toml
	@$(PY) -m piptools compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --allow-unsafe --extra dev -o requirements-dev.lock pyproject.toml

# --- set-up -------------------------------------------------------------------------------------------------------
.venv/ready: requirements-dev.lock pyproject.toml
	@missing=""; python3 -m ensurepip --version >/dev/null 2>&1 || missing="python3-venv"; $(call need,$$missing)
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新 · Python 3.11 or newer is needed: sudo apt-get install -y python3" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { echo "虚拟环境 · virtual environment ..."; python3 -m venv --clear .venv; }
	@echo "安装 Python 软件包（首次约 1-2 分钟）· installing the Python packages (1-2 minutes the first time)"
	@$(call pip,--require-hashes -r requirements-dev.lock)
	@$(call pip,--no-deps -e .)
	@touch $@

# need(words, one for each missing Debian package): install them as root, else say the one line that does
define need
if [ -n "$(1)" ]; then if [ "$$(id -u)" = 0 ]; then echo "安装 · installing $(1) ..."; { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(1); } >/dev/null; else echo "缺少软件包，请先运行 · missing packages, install them with: sudo apt-get install -y $(1)" >&2; exit 1; fi; fi
endef

# pip(arguments): a dot for every few packages; what pip says stands in a log and is shown when it fails
define pip
set -o pipefail; $(PY) -m pip install --disable-pip-version-check --progress-bar off $(1) 2>&1 | tee .venv/install.log | awk '/^ *(Collecting|Installing|Preparing)/ { if (++n % 4 == 1) { printf "."; fflush() } } END { print "" }' || { tail -25 .venv/install.log; echo "安装失败：请检查网络和软件源后重试 · not installed: check the network and the package index, then try again (.venv/install.log)" >&2; exit 1; }
endef

# What the tests need of the host; Asterisk comes by `ccengine pbx install`.
host-test:
	@missing=""; \
	command -v sipp >/dev/null || missing+=" sip-tester"; \
	command -v chromium >/dev/null || missing+=" chromium"; \
	fc-list :lang=zh 2>/dev/null | grep -q . || missing+=" fonts-noto-cjk fontconfig"; \
	missing="$${missing# }"; $(call need,$$missing)

host-faults: host-test
	@missing=""; ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing="faketime"; $(call need,$$missing)
