import os

os.environ["DUALAD_CACHE"] = "0"  # tests compile; those of the cache switch it on

from hypothesis import settings

# Derivatives compile on first use, so no deadline; one seed in CI, so that a failure there repeats.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure(config):
    """Functions that run on the tape say so; tests of that warning ask for it."""
    config.addinivalue_line("filterwarnings", "ignore::dualad.TapeWarning")
