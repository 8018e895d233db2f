"""A call of the user's function: which arguments are differentiated, copied, or refused."""
