"""The daemon: its processes, and the wiring of everything that waits."""
