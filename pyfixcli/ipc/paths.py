"""The names in base/paths.py, for the clients of the sockets."""

from pyfixcli.base.paths import *  # noqa: F403  (goes once every client names base.paths)
