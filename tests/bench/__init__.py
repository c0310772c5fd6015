"""Benchmarks: side by side with an installed Postfix where there is a counterpart."""
