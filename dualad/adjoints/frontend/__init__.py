"""The reader: from a function's source to its program."""
