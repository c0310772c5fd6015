"""Delivery agents: local, discard, error (local(8), discard(8), error(8))."""
