# Two commands do everything: `make run` and `make test`. README.md has the same in plain venv and pip lines.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
# What reads files, takes options, computes and trains, and one whole run: where another version would show first.
LOWEST_TESTS := tests/shadow_models tests/harness/data tests/harness/config tests/harness/editions \
	tests/harness/report tests/harness/submission tests/harness/test_store.py tests/harness/experiment/test_planted.py \
	tests/harness/evaluation/test_few_units.py tests/attacks/test_contract.py tests/attacks/test_distances.py \
	tests/attacks/test_model_formulas.py tests/attacks/test_plug_ins.py tests/attacks/test_release_formulas.py

.PHONY: run test s3-server test-cluster test-lowest check docs setup audit-deps

run: setup
	$(VENV)/bin/python -m harness.run attack=knn

test: setup
	$(VENV)/bin/python -m pytest --numprocesses 2 --dist worksteal

# A server of S3's protocol on loopback, for tests that are skipped without it. It is apart, for what it builds on asks
# for an older python-dateutil than the one of constraints.txt.
s3-server: $(VENV)-s3/.installed

# Clusters of this machine alone, begun by the tests: Ray and SLURM. A test whose engine is not installed is skipped, and
# says so; where HARNESS_ENGINES=required it fails, and says so.
# What failed is tried once more: engines on a busy machine may take longer than is waited for.
test-cluster: setup
	$(VENV)/bin/python -m pytest -m cluster -rsfE || \
		$(VENV)/bin/python -m pytest -m cluster -rsfE --last-failed --last-failed-no-failures none

# The oldest versions that pyproject.toml allows, in an environment of their own.
test-lowest: $(VENV)-lowest/.installed
	$(VENV)-lowest/bin/python -m pytest --numprocesses 2 --dist worksteal $(LOWEST_TESTS)

check: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# The documentation as a site, in build/site: every link and reference must lead somewhere. It asks nothing of the network;
# the pages open from disk, and the search wants a server: python -m http.server --directory build/site
docs: setup
	$(VENV)/bin/python -m benchmarks.reference --check
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict

# Both sets against the database of known holes, which needs the internet. CVE-2026-69112 is in accelerate's loading of
# checkpoints, which is never called here, and has no fix yet.
audit-deps:
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet pip-audit
	$(VENV)-audit/bin/pip-audit --strict --no-deps --disable-pip --ignore-vuln CVE-2026-69112 \
		--requirement constraints.txt
	$(VENV)-audit/bin/pip-audit --strict --no-deps --disable-pip --ignore-vuln CVE-2026-69112 \
		--requirement constraints-lowest.txt

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(STAMP)

$(VENV)-s3/.installed: tests/support/s3-server.txt
	$(PYTHON) -m venv $(VENV)-s3
	$(VENV)-s3/bin/python -m pip install --quiet --requirement tests/support/s3-server.txt
	touch $@

$(VENV)-lowest/.installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable ".[test]"
	touch $@
