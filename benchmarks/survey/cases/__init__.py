"""One module per package: `CASES`."""
