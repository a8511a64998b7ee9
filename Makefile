# What people and CI run: `make help`. POSIX make with a POSIX shell; the environment is .venv, from the lock file.

DATA ?= ../shared/data
BIN = .venv/bin
LOCKED = .venv/.locked
INSTALLED = .venv/.installed

help:
	@echo "make demo         screen a synthetic hospital and show the list"
	@echo "make test         the default test suite, offline"
	@echo "make conformance  third-party suites and data sets from DATA=$(DATA)"
	@echo "make interop      the behaviour suite on the harness and on a real HAPI FHIR (Java 17, Maven; no PostgreSQL or browser yet)"
	@echo "make check        style, types and import contracts"
	@echo "make bench        measure a screening beside its floor (BENCH_ARGS=...)"
	@echo "make env          only the environment (PYTHON=/path/to/python3.11 chooses the interpreter)"
	@echo "make readme       write the generated tables of README.md and docs/harness.md again"
	@echo "make lock         for developers, with uv: resolve requirements/lock.txt again"

env: $(INSTALLED)

# A half-made or outdated environment is made anew; one that works is brought to the lock file.
$(LOCKED): requirements/lock.txt
	@if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; else set -- python3.13 python3.12 python3.11 python3; fi; \
	can='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; found=; \
	for one in "$$@"; do if "$$one" -c "$$can" >/dev/null 2>&1; then found="$$one"; break; fi; done; \
	if $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then :; \
	elif [ -z "$$found" ]; then \
	  echo "No Python 3.11 or newer with venv runs here (tried: $$*). Install one, or: make env PYTHON=/path/to/it" >&2; exit 1; \
	else echo "making .venv with $$found"; "$$found" -m venv --clear .venv; fi
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/lock.txt
	@touch $(LOCKED)

$(INSTALLED): $(LOCKED) pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)

demo: env
	$(BIN)/fhir-adapter demo

test: env
	$(BIN)/python -m pytest -m "not conformance and not interop" --ignore=tests/conformance

conformance: env
	@[ -d "$(DATA)" ] || { echo "DATA=$(DATA) is no folder: README.md says which data sets belong there." >&2; exit 2; }
	DATA="$$(cd "$(DATA)" && pwd)" $(BIN)/python -m pytest -m conformance

interop: env
	FHIR_ADAPTER_INTEROP="$${FHIR_ADAPTER_INTEROP:-1}" $(BIN)/python -m pytest tests/interop

bench: env
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

check: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

readme: env
	$(BIN)/python tests/architecture/test_readme.py
	$(BIN)/python tests/architecture/test_fault_table.py

lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev --no-emit-index-url \
	  --custom-compile-command "make lock" -o requirements/lock.txt pyproject.toml

.PHONY: help env demo test conformance interop bench check readme lock
