PYTHON ?= python3
# Environments beside each other, because they cannot be one: Orange runs on older versions of pandas and NumPy, Ray is
# half a gigabyte that only its own tests need, benchmarks compare with clients that nothing else needs.
# What each holds is said in pyproject.toml and pinned in locks/.
DEV := .venv/.ready
ORANGE := .venv-orange/.ready
RAY := .venv-ray/.ready
ORCHESTRATORS := .venv-orchestrators/.ready
NOTEBOOK := .venv-notebook/.ready
CLIENTS := .venv-clients/.ready
SERVICE := .venv-service/.ready
BENCH := .venv-bench/.ready
BENCH_KNIME := .venv-bench-knime/.ready
BENCH_PEERS := .venv-bench-peers/.ready
TOOLS := .venv-tools/.ready
BIN := .venv/bin

.DELETE_ON_ERROR:
.PHONY: demo canvas test test-all test-core test-orange test-ray test-orchestrators chaos test-clients test-service test-n8n n8n \
	test-notebook test-wheel test-lowest test-newest dist coverage lint format docs lock bench clean

# The stamp makes installing a matter of once, until a lock changes.
define install_lock
test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
$(@D)/bin/python -m pip install --quiet --require-hashes --requirement $<
endef
define install_project
$(@D)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endef

.venv/.ready: locks/dev.txt pyproject.toml
	$(install_lock)
	$(install_project)
	touch $@

$(TOOLS) $(CLIENTS) $(SERVICE) $(BENCH_KNIME) $(BENCH_PEERS): .venv-%/.ready: locks/%.txt
	$(install_lock)
	touch $@

.venv-%/.ready: locks/%.txt pyproject.toml
	$(install_lock)
	$(install_project)
	touch $@

# Varies the example images on the embedded sandbox: no network, no key.
demo: $(DEV)
	mkdir -p out
	$(BIN)/endpoint-nodes create-image-variation examples/images --n 4 --size 512x512 --fit pad \
		--base-url sandbox: --out out/variations.parquet --report out/variations.html

# Opens the example workflow in Orange.
canvas: $(ORANGE)
	.venv-orange/bin/python -m Orange.canvas examples/product-variations.ows

# Everything but what needs Orange or Ray.
test: test-core

RESULTS = --junit-xml=$(CURDIR)/build/results/$(@:test-%=%).xml
PARALLEL = --numprocesses auto --maxprocesses 4 --dist worksteal

test-core: $(DEV)
	@rm -f build/results/core.xml
	$(BIN)/python -m pytest $(PARALLEL) $(RESULTS)

test-orange: $(ORANGE)
	.venv-orange/bin/python -m pytest $(RESULTS) tests/extension/hosts/orange

# A cluster of four workers on this machine: about a minute, 2 GB of memory.
test-ray: $(RAY)
	.venv-ray/bin/python -m pytest $(RESULTS) tests/extension/hosts/ray_data

# The examples for Prefect and Dagster, by these themselves.
test-orchestrators: $(ORCHESTRATORS)
	.venv-orchestrators/bin/python -m pytest $(RESULTS) tests/examples/orchestrators

# Everything that takes long and kills, cuts, flips and pulls plugs; some of it needs root, to mount a disk of its own.
chaos: $(DEV)
	$(BIN)/python -m pytest $(PARALLEL) -o python_files='*.py' tests/chaos

# The tutorial in Jupyter, and a result in marimo.
test-notebook: $(NOTEBOOK)
	.venv-notebook/bin/python -m pytest $(RESULTS) -c tests/notebook/pytest.ini tests/notebook

# Other people's clients against the sandbox.
test-clients: $(DEV) $(CLIENTS)
	.venv-clients/bin/python -m pytest $(RESULTS) tests/clients

# Thousands of requests that the service's own OpenAPI document allows, and of those that it does not.
test-service: $(DEV) $(SERVICE)
	.venv-service/bin/python -m pytest $(RESULTS) tests/service

# The package for n8n, built and checked with n8n's own tools, in real n8n without a window. n8n takes 6 minutes and 4 GB
# the first time; N8N_HOME names a folder that has it already.
export N8N_HOME ?= $(CURDIR)/build/n8n

$(N8N_HOME)/.ready: .ci/install-n8n
	.ci/install-n8n $(N8N_HOME)
	touch $@

n8n: $(DEV) $(N8N_HOME)/.ready
	PATH=$(N8N_HOME)/bin:$$PATH .ci/build-n8n $(BIN)/python $(N8N_HOME)/package

test-n8n: n8n
	$(BIN)/python -m pytest $(RESULTS) -c tests/n8n/pytest.ini tests/n8n

# The core suite against the built wheel, far from the source tree: on the oldest Python with the lowest dependencies that
# pyproject.toml allows, and on the newest Python that is installed with the newest.
test-wheel: test-lowest test-newest

OLDEST_PYTHON = $(shell .ci/find-python 3.11 || echo $(PYTHON))
NEWEST_PYTHON = $(shell .ci/find-python 3.15 3.14 3.13 3.12 3.11 || echo $(PYTHON))

test-lowest: dist
	.ci/test-wheel $(OLDEST_PYTHON) locks/lowest.txt build/lowest $(PARALLEL) $(RESULTS)

test-newest: dist
	.ci/test-wheel $(NEWEST_PYTHON) locks/dev.txt build/newest $(PARALLEL) $(RESULTS)

# The wheel is built from the sdist, so that both are complete.
dist: $(TOOLS)
	rm -rf dist && mkdir -p build
	.venv-tools/bin/python -m build --outdir dist . >build/dist.log 2>&1 || { cat build/dist.log; exit 1; }

# The suites of the code itself, also after one has failed, and one total of them all. `make test-all DONE=core` counts the results that the
# core suite has left instead of running it again.
SUITES := core orange ray
test-all:
	$(PYTHON) tests/run_suites.py $(SUITES) --done $(DONE)

# Also what runs in processes that tests start is counted.
coverage: $(DEV)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PARALLEL); tests=$$?; \
		$(BIN)/coverage combine --quiet; $(BIN)/coverage report; exit $$tests

lint: $(DEV) $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	.venv-tools/bin/pyright
	$(BIN)/python -m pytest -q tests/test_house.py tests/test_packaging.py tests/test_exported_members.py
	$(BIN)/python docs/generate.py --check

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages derived from declarations, which lint checks, and the one that a test writes of what it saw.
docs: $(DEV)
	$(BIN)/python docs/generate.py
	$(BIN)/python -m pytest -q tests/extension/engine/test_reliability.py --write-docs

# Keeps the versions that are pinned and still fit; `make lock UPGRADE=1` takes the newest of all.
COMPILE = .venv-tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
lock: $(TOOLS)
	$(COMPILE) pyproject.toml --group dev --output-file locks/dev.txt
	$(COMPILE) pyproject.toml --extra orange --group orange --output-file locks/orange.txt
	$(COMPILE) pyproject.toml --group notebook --output-file locks/notebook.txt
	$(COMPILE) pyproject.toml --extra ray --group ray --output-file locks/ray.txt
	$(COMPILE) pyproject.toml --group orchestrators --output-file locks/orchestrators.txt
	$(COMPILE) pyproject.toml --group bench --output-file locks/bench.txt
	$(COMPILE) --group clients --output-file locks/clients.txt
	$(COMPILE) --group service --output-file locks/service.txt
	$(COMPILE) --group bench-knime --output-file locks/bench-knime.txt
	$(COMPILE) --group bench-peers --output-file locks/bench-peers.txt
	$(COMPILE) --group tools --output-file locks/tools.txt
	$(COMPILE) pyproject.toml --group test --resolution lowest-direct --upgrade --output-file locks/lowest.txt

# Takes about forty minutes: every contender at every work, and runs of a million rows. QUICK=1 only shows that they run:
# few rows, no page.
bench: $(BENCH) $(BENCH_KNIME) $(BENCH_PEERS)
	.venv-bench/bin/python benchmarks/run.py $(if $(QUICK),--rounds 1 --share 10,--grid --memory --out docs/performance.md)

clean:
	rm -rf build dist out .venv .venv-orange .venv-ray .venv-orchestrators .venv-notebook .venv-clients .venv-service .venv-bench .venv-bench-knime .venv-bench-peers .venv-tools
