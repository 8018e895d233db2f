import os

os.environ["DUALAD_CACHE"] = "0"  # tests compile; those of the cache switch it on
os.environ["DUALAD_VERIFY"] = "1"  # each pass of the transformation is followed by a verification
# LLVM's -O3 takes twice as long as -O2 for array rules, as it copies loops for each branch that they do not
# change. Neither reorders arithmetic. `make quick` and `make battery` compile as users do.
os.environ.setdefault("NUMBA_OPT", "2")

import gc

import pytest
from hypothesis import settings

gc.set_threshold(20_000, 20, 10)  # compilers make many objects that stay, which took a tenth of the time

# Derivatives compile on first use, so no deadline.
# `make test` draws the same programs every time, and `make battery` others.
settings.register_profile("battery", deadline=None, print_blob=True)
settings.register_profile("test", settings.get_profile("battery"), derandomize=True)


def pytest_configure(config):
    """Functions that run on the tape say so; tests of that warning ask for it."""
    config.addinivalue_line("filterwarnings", "ignore::dualad.TapeWarning")
    settings.load_profile("battery" if config.option.markexpr == "battery" else "test")


@pytest.fixture
def no_engine_preferred(monkeypatch):
    """For tests of which engine is chosen: `make battery` runs all others on the tape, too."""
    monkeypatch.delenv("DUALAD_REVERSE", raising=False)
