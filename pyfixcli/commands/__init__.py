"""One thin file per command: options, one call into the core, presentation, exit status."""
