"""Processes of their own, which keep their drivers in a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

import dualad

PACKAGE = Path(dualad.__file__).parent


def environment_in(folder):
    """Variables for a process that imports what is in a folder, and keeps its drivers there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUALAD_CACHE")}
    return kept | {"DUALAD_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": f"{folder}:{PACKAGE.parent}"}


def python(script, environment):
    command = [sys.executable, "-P", "-W", "error", "-c", script]  # -P: dualad is not the one of this folder
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout
