"""Programs as Python: which values share a variable, what is written where it is read, and the text."""
