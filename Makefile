# Two commands to know: `make demo` and `make test`. Both set up .venv by themselves.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test search chaos lint format docs lock clean

demo: $(READY)
	@$(BIN)/podbot demo

test: $(READY)
	$(BIN)/coverage erase
	$(BIN)/pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder --cov --cov-report=
	$(BIN)/coverage report

# The property tests at new examples, fifty times as many as `make test` looks at, which are always the same.
search: $(READY)
	PODBOT_TEST_EXAMPLES=search $(BIN)/pytest --numprocesses=auto --dist=worksteal --timeout=14400 -m hypothesis

# A thousand deaths and a hundred faults at Slack's own pace, on either database and on three replicas: some 16 minutes each.
chaos: $(READY)
	PODBOT_CHAOS=full $(BIN)/pytest -s tests/chaos

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)
	$(BIN)/python docs/make_commands.py
	$(BIN)/python docs/make_statistics.py
	$(BIN)/python docs/make_alerts.py

lock: $(READY)
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --all-extras \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
