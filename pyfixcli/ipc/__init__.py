"""Between processes: where sockets lie, how frames are cut, and clients of the daemon."""
