"""Pyfix: a mail transfer agent that is a drop-in for Postfix."""
