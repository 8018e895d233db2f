"""The user's functions compiled again, with active arguments."""
