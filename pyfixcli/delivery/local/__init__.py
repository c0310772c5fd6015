"""local(8): delivery to the users of this machine."""
