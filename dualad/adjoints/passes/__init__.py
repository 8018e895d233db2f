"""Transformations of a program that keep its meaning, and the order in which they run."""
