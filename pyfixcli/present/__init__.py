"""Texts for people and programs: queue listings, message dumps, tables."""
