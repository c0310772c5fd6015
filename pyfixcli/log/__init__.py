"""The mail log: the formats of its lines, and where they go."""
