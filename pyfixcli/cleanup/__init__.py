"""What happens to a message between its arrival and its commit, as cleanup(8) does it."""
