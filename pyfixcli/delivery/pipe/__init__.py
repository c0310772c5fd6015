"""pipe(8): delivery to external commands."""
