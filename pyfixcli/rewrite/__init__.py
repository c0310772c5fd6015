"""Address rewriting and resolving, as trivial-rewrite(8) does it."""
