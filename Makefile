# 规知：make run 启动服务，make test 运行全部测试；两者都会先准备好 .venv。
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test eval bench lint build train clean

run: .venv/base.done
	$(BIN)/python -m qa serve

# Three processes on two cores: the browser tests mostly wait.
test: .venv/dev.done build
	$(BIN)/python -m pytest --numprocesses=3 --dist=worksteal

eval: .venv/base.done
	$(BIN)/python -m qa eval

bench: .venv/dev.done build
	$(BIN)/python -m benchmarks

lint: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

build: .venv/base.done
	$(BIN)/python -m qa build

train: .venv/dev.done build
	$(BIN)/python -m qa train
	$(BIN)/python -m qa build
	$(BIN)/python -m qa train --entailment

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本；可用 make PYTHON=/路径/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv

# The lock file holds for both set-ups; torch is installed by its exact version only, so that no other build of it is ever chosen.
.venv/base.done: pyproject.toml requirements.lock | .venv/bin/python
	@echo "正在安装依赖，第一次要几分钟……"
	@$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable .
	@touch $@

.venv/dev.done: .venv/base.done
	@echo "正在安装训练和测试用的依赖，第一次要几分钟……"
	@$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[train,dev]'
	@touch $@

clean:
	rm -rf .venv data/build data/.build-cache
