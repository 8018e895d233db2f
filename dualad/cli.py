"""Entry point of the command `dualad`.

The command's libraries are an extra of the package. This module imports without them, so a plain
installation prints what to install instead of a traceback.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

EXTRAS = ("rich", "typer")


def main() -> None:
    """Run the command line; exits with status 2 if its libraries are not installed."""
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        print(
            f"dualad: {', '.join(missing)} not installed; run: pip install 'dualad[check]'", file=sys.stderr
        )
        raise SystemExit(2)

    from dualad.commands import app

    app()


if __name__ == "__main__":
    main()
