# Every target first creates an environment in .venv; nothing outside of the checkout is changed.
PYTHON ?= python3
WORKERS ?= 2
OUT ?= demo-output
VENV ?= .venv
# Versions of packages to install, if not the newest that pyproject.toml allows.
PINS ?=

BIN := $(VENV)/bin
# Named by the version, so that another Python creates the environment again.
READY := $(VENV)/.installed-$(shell $(PYTHON) -c "import platform; print(platform.python_version())")
SURVEYED := .venv-survey/.installed
PACKAGES := benchmarks/survey/requirements.txt

.PHONY: demo test quick internals matrix battery lint types bench survey examples

demo: $(READY)
	$(BIN)/dualad demo --out $(OUT)

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# A part of the demo and the tests, in minutes: what another Python, NumPy or Numba would break.
QUICK := tests/test_names.py tests/test_errors.py tests/rules tests/numpy tests/drivers/test_derivative.py

quick: $(READY)
	$(BIN)/python -W error -c "import dualad"
	$(BIN)/dualad info
	$(BIN)/dualad demo --datasets Misra1a --out $(OUT)/quick
	NUMBA_OPT=3 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(QUICK)

# Tests of everything that depends on undocumented names of Numba (dualad/numba_api.py).
INTERNALS := tests/test_structure.py tests/cache tests/drivers/test_pickling.py tests/adjoints/test_modes.py \
	$(addprefix tests/compiler/test_,scope.py dispatcher.py lowering.py interrupts.py callees.py)

internals: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) $(INTERNALS)

# The oldest and newest Python and Numba that pyproject.toml allows, each pair in its own environment;
# the oldest pair also has the oldest NumPy and SciPy.
MATRIX := 3.11-0.63 3.11-0.68 3.13-0.63 3.13-0.68
OLDEST := numpy==2.0.* scipy==1.15.*

matrix: $(MATRIX:%=matrix-%)

matrix-%:
	$(MAKE) --no-print-directory quick internals VENV=.venv-matrix-$* \
		PYTHON="$$(.ci/python $(firstword $(subst -, ,$*)))" \
		PINS="numba==$(lastword $(subst -, ,$*)).* $(if $(filter $(firstword $(MATRIX)),$*),$(OLDEST))"

# Tests that compile too much for `test`: array functions, random programs one by one, all tests on the tape.
battery: export NUMBA_OPT = 3
battery: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m battery
	DUALAD_REVERSE=tape $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
	$(BIN)/python -m tests.programs.battery

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.suite
	$(BIN)/python -m benchmarks.adjoints
	$(BIN)/python -m benchmarks.crossover
	$(BIN)/python -m benchmarks.exponential
	$(BIN)/python -m benchmarks.solvers

# Third-party code as a test, for a nightly run; PAGE=docs/survey.md writes the page.
survey: $(SURVEYED)
	.venv-survey/bin/python -m benchmarks.survey --workers $(WORKERS) $(if $(PAGE),--page $(PAGE))

examples: $(READY)
	for script in examples/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# The stamp is written last, so an install that broke half-way is repeated.
$(READY): pyproject.toml
	test -e $@ || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' $(PINS:%='%')
	touch $@

# One by one: a package that cannot be installed becomes a line of the survey, and does not end it.
$(SURVEYED): pyproject.toml $(PACKAGES)
	$(PYTHON) -m venv .venv-survey
	.venv-survey/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	sed '/^#/d' $(PACKAGES) | while read -r package; do \
		.venv-survey/bin/python -m pip install --quiet --disable-pip-version-check "$$package" \
			|| echo "not installed: $$package"; done
	touch $@
