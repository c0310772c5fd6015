"""postconf -a, -A, -l, -m and -T: what this installation supports."""

from __future__ import annotations

from pyfixcli.base.sysexits import EX_OK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOCKING = ("flock", "fcntl", "dotlock")
SERVER_SASL = ("dovecot",)
CLIENT_SASL: tuple[str, ...] = ()
PUBLIC_KEYS = ("dsa", "ecdsa", "rsa")
# Not in the table of the registry: opened on behalf of others, or kept by a process for itself.
MORE_TABLES = ("internal", "proxy")
REFUSED = "gone"  # the module of types that are known, and refused


def list_features(
    letter: str, mode: str, directory: str, warn: Callable[[str], None]
) -> tuple[Sequence[str], int]:
    """The lines for an option, and the exit status. ``mode`` is the value of ``-T``.

    Raises ConfigError when ``-m`` cannot read main.cf.
    """
    if letter == "T":
        return _describe_tls(mode, warn)
    if letter == "m":
        from pyfixcli.commands._context import open_config
        from pyfixcli.maps.registry import KINDS

        open_config(directory)
        usable = (kind for kind, (module, _) in KINDS.items() if module != REFUSED)
        return sorted((*usable, *MORE_TABLES)), EX_OK
    return {"a": SERVER_SASL, "A": CLIENT_SASL, "l": LOCKING}[letter], EX_OK


def _describe_tls(mode: str, warn: Callable[[str], None]) -> tuple[Sequence[str], int]:
    import ssl

    if mode == "public-key-algorithms":
        return PUBLIC_KEYS, EX_OK
    if mode in ("compile-version", "run-version"):
        return (ssl.OPENSSL_VERSION,), EX_OK
    warn(f"unknown 'postconf -T' mode: {mode}")
    return (), 1
