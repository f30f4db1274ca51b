# make run      opens GRU Lab in a browser          make test     checks it
# Needs Python 3.11 or newer and make. Everything else goes into .venv, once.

.DEFAULT_GOAL := help
.PHONY: help run test check words clean

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check

# The newest Python that every pinned package has wheels for, then any newer one.
PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python python3.17 python3.16 python3.15

help: ## Show what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
	@echo "  Options: PYTHON=/path/to/python (3.11 or newer), OPTIONS='--server.port 8502', TESTS=tests/maths"

run: $(VENV)/app.installed ## Open GRU Lab in the browser
	$(BIN)/python -m streamlit run app.py $(OPTIONS)

test: check ## Check the code and run every test
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(TESTS)

check: $(VENV)/dev.installed ## Lint, formatting and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy --strict gru_core

words: $(VENV)/dev.installed ## Add new labels to the Chinese catalogue, drop unused ones
	$(BIN)/pybabel -q extract --no-default-keywords -k _ -k label -k template -k N_ -k InputError:1 \
		--add-location=file --no-wrap -o $(VENV)/words.pot app.py pages gru_core
	$(BIN)/pybabel -q update -i $(VENV)/words.pot -o assets/text/zh.po -l zh \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is written only after its installation has succeeded.
$(VENV)/app.installed: requirements.txt $(BIN)/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.installed: requirements-dev.txt $(VENV)/app.installed
	$(PIP) -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@for python in $(or $(PYTHON),$(PYTHONS)); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Setting up $(VENV) with $$("$$python" --version), once."; \
		"$$python" -m venv --clear $(VENV) && exit 0; \
		rm -rf $(VENV); \
		echo "$$python has no working venv module (Debian, Ubuntu: apt install python3-venv)." >&2; \
		exit 1; \
	done; \
	echo "GRU Lab needs Python 3.11 or newer; $(if $(PYTHON),$(PYTHON) is none,none was found). Install one, or say where it is: make PYTHON=/path/to/python3" >&2; \
	exit 1
