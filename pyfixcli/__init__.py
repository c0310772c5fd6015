"""Pyfix: a mail transfer agent that is a drop-in for Postfix."""

__version__ = "0.1.0"
