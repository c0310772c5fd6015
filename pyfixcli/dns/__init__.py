"""Lookups in the domain name system; the only door to dnspython."""
