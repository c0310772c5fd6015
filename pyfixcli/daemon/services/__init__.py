"""The services of master.cf, as the processes of the daemon host them."""
