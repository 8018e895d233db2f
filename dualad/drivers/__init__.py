"""Derivatives: what users call, and the kernels behind them."""
