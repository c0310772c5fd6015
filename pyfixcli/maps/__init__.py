"""Lookup tables: one file per kind, building them, and searching lists of them."""
