# make demo   sets up what is needed and crawls the simulated portals     准备环境并采集模拟门户
# make test   sets up what is needed and runs lint, types and all tests   准备环境并运行全部检查
# Set-up happens once: stamp files in .venv stand for what is installed.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PY := .venv/bin/python
CHECKED := parsers crawler settings tests scripts benchmarks

.PHONY: help demo test lint types tests check-heavy format benchmark lock setup extras

help: ## this list / 本列表
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.venv/.uv: requirements/uv.txt scripts/venv.sh
	@scripts/venv.sh
	@touch $@

.venv/.run: requirements/run.txt .venv/.uv
	@scripts/install.sh requirements/run.txt
	@touch $@

.venv/.demo: requirements/demo.txt .venv/.uv
	@scripts/install.sh requirements/demo.txt
	@touch $@ .venv/.run

.venv/.dev: requirements/dev.txt .venv/.uv
	@scripts/install.sh requirements/dev.txt
	@touch $@ .venv/.run .venv/.demo

.venv/.extras: requirements/extras.txt .venv/.uv
	@scripts/install.sh requirements/extras.txt
	@touch $@

.venv/.heavy: requirements/heavy.txt .venv/.dev
	@scripts/install.sh requirements/heavy.txt
	@touch $@

.venv/.system: requirements/system.txt .venv/.uv
	@scripts/system.sh
	@touch $@

setup: .venv/.dev .venv/.system ## install all that is needed / 安装全部依赖

extras: .venv/.extras .venv/.system ## OCR, browser and DOC files too / 另装 OCR、浏览器与 DOC 支持

demo: .venv/.demo ## crawl the simulated portals and check the result / 采集模拟门户并核对结果
	@SCRAPY_PROJECT=demo .venv/bin/scrapy demo

test: lint types tests ## lint, types and all tests / 风格、类型与全部测试

lint: .venv/.dev ## style of the code / 代码风格
	@$(PY) -m ruff check $(CHECKED)
	@$(PY) -m ruff format --check --quiet $(CHECKED) || \
	  { echo "ruff format 会改动文件,请运行 make format / run make format"; exit 1; }

types: .venv/.dev ## mypy, strict / 类型检查
	@$(PY) -m mypy

tests: .venv/.dev .venv/.system ## all tests, doctests included / 全部测试
	@$(PY) -m pytest -q -n auto || { code=$$?; \
	  [ $$code -ne 5 ] || echo "没有收集到任何测试,按失败处理 / no test was collected: that is a failure"; exit $$code; }

check-heavy: .venv/.heavy .venv/.system ## thousands of generated reports, fuzzing: up to an hour / 大量生成文档与模糊测试
	@$(PY) -m pytest -q -m heavy -o addopts="--strict-markers --strict-config -ra" tests

format: .venv/.dev ## put the code into form / 整理代码格式
	@$(PY) -m ruff check --fix $(CHECKED)
	@$(PY) -m ruff format $(CHECKED)

benchmark: .venv/.dev ## parse time of a page against lxml's own / 解析耗时与 lxml 之比
	@$(PY) benchmarks/parse.py
	@$(PY) benchmarks/pdf.py
	@$(PY) benchmarks/image.py

lock: .venv/.uv ## resolve the dependencies anew / 重新锁定依赖版本
	@scripts/lock.sh
