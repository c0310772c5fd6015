"""The queue: records, the environment that holds them, and everything that reads or changes it."""
