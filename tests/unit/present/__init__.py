"""Listings and dumps."""
