"""The plan of the reverse sweep: what becomes of each loop, and how each value gets there."""
