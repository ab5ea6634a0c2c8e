# Two commands do everything: `make run` and `make test`. Both install what they need into .venv, once.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
CONSTRAINTS := constraints.txt

.PHONY: run ask test eval gate vectors clean

run: .venv/installed
	@$(BIN)/coach sync
	@$(BIN)/coach ui --port $(PORT)

ask: .venv/installed
	@test -n "$(Q)" || { echo 'make ask: give a question, as in make ask Q="Hoe geef ik feedback?"' >&2; exit 2; }
	@$(BIN)/coach ask $(if $(CONVERSATION),--conversation $(CONVERSATION)) -- "$$Q"
export Q

test: .venv/tested
	@$(BIN)/ruff check coach evals ui tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadfile

# The reference cases, put to the coach; `make gate` fails if something is demonstrably worse than in evals/baseline.json.
eval: .venv/installed
	@$(BIN)/coach eval

gate: .venv/installed
	@COACH_KNOWLEDGE= COACH_MODEL= COACH_EMBEDDER=bundled $(BIN)/coach eval --gate --baseline evals/baseline.json --report build/evals/report.html

# The vectors of the question bank that ship with the coach; run it after editing knowledge/ or prompts/questions/.
vectors: .venv/installed
	@$(BIN)/python -m coach.library.bank

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The coach needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check --upgrade pip

.venv/installed: pyproject.toml $(CONSTRAINTS) | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check -c $(CONSTRAINTS) -e '.[openai,page,evals]'
	@touch $@

# torch is asked for by its exact version first, so that plain pip does not take the build with CUDA.
.venv/tested: pyproject.toml $(CONSTRAINTS) | .venv/installed
	$(BIN)/pip install -q --disable-pip-version-check -c $(CONSTRAINTS) torch==2.13.0
	$(BIN)/pip install -q --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv dist build
