PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Orange runs on other versions of pandas and NumPy than the rest, so that it has an environment of its own.
ORANGE := .venv-orange
ORANGE_READY := $(ORANGE)/.ready
# Ray is half a gigabyte that only its own tests need.
RAY := .venv-ray
RAY_READY := $(RAY)/.ready
# Benchmarks compare with clients that nothing else needs. QUICK=1 only shows that they run: few rows, no page.
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
# One of them runs on the versions of KNIME's AI Extension.
KNIME := .venv-bench-knime
KNIME_READY := $(KNIME)/.ready
BENCH_OPTIONS := $(if $(QUICK),--rounds 1 --share 10,--grid --memory --out docs/performance.md)

.PHONY: demo canvas test test-ray lint format docs bench clean

# The stamp makes installing a matter of once, until the dependencies change.
$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

$(ORANGE_READY): pyproject.toml
	test -x $(ORANGE)/bin/python || $(PYTHON) -m venv $(ORANGE)
	$(ORANGE)/bin/python -m pip install --quiet --editable '.[orange]' hypothesis pytest
	touch $@

$(RAY_READY): pyproject.toml
	test -x $(RAY)/bin/python || $(PYTHON) -m venv $(RAY)
	$(RAY)/bin/python -m pip install --quiet --editable '.[ray]' hypothesis psutil pytest
	touch $@

$(BENCH_READY): pyproject.toml benchmarks/requirements.txt
	test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable . --requirement benchmarks/requirements.txt
	touch $@

$(KNIME_READY): benchmarks/requirements-knime.txt
	test -x $(KNIME)/bin/python || $(PYTHON) -m venv $(KNIME)
	$(KNIME)/bin/python -m pip install --quiet --requirement benchmarks/requirements-knime.txt
	touch $@

# Varies the example images on the embedded sandbox: no network, no key.
demo: $(READY)
	mkdir -p out
	$(BIN)/endpoint-nodes create-image-variation examples/images --n 4 --size 512x512 --fit pad \
		--base-url sandbox: --out out/variations.parquet --report out/variations.html

# Opens the example workflow in Orange.
canvas: $(ORANGE_READY)
	$(ORANGE)/bin/python -m Orange.canvas examples/product-variations.ows

test: $(READY) $(ORANGE_READY)
	$(BIN)/python -m pytest
	$(ORANGE)/bin/python -m pytest tests/extension/hosts/orange

# A cluster of four workers on this machine: about a minute, 2 GB of memory.
test-ray: $(RAY_READY)
	$(RAY)/bin/python -m pytest tests/extension/hosts/ray_data

# mypy follows folders, not the editable install: the links give it the packages under their installed names.
lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p build/types/endpoint_nodes
	for floor in port_types nodes extension; do ln -sfn ../../../$$floor build/types/endpoint_nodes/$$floor; done
	cd build/types && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p endpoint_nodes
	$(BIN)/python docs/generate.py --check

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages derived from declarations, which lint checks, and the one that a test writes of what it saw.
docs: $(READY)
	$(BIN)/python docs/generate.py
	$(BIN)/python -m pytest -q tests/extension/engine/test_reliability.py --write-docs

# Takes about forty minutes: every contender at every work, and runs of a million rows.
bench: $(BENCH_READY) $(KNIME_READY)
	$(BENCH)/bin/python benchmarks/run.py $(BENCH_OPTIONS)

clean:
	rm -rf build out $(VENV) $(ORANGE) $(RAY) $(BENCH) $(KNIME)
