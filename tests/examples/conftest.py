from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def example():
    """Load a script of the folder `examples` by name, as a module, once."""
    loaded = {}

    def load(name):
        if name not in loaded:
            spec = spec_from_file_location(f"examples_{name}", FOLDER / f"{name}.py")
            loaded[name] = module_from_spec(spec)
            spec.loader.exec_module(loaded[name])
        return loaded[name]

    return load
