"""Measurements: accuracy, speed, compile time."""
