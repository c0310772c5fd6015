"""The domain that myorigin stands for: its value, or the first line of a file that it names."""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError

SPACE = " \t\r\n\v\f"
SEPARATORS = SPACE + ","
DIRECTORY_MARK = "/"


def origin_domain(value: str) -> str:
    """The domain for an expanded value of myorigin.

    Debian's Postfix takes a value that begins with ``/`` for the name of a file (/etc/mailname), and its ``$myorigin``
    in other parameters still stands for that name. ConfigError for a file that cannot be read or whose first line is
    empty, and for more than one domain.
    """
    domain = _first_line(value) if value.startswith(DIRECTORY_MARK) else value
    if any(character in SEPARATORS for character in domain):
        raise ConfigError(f"myorigin parameter setting must not contain multiple values: {domain}")
    return domain


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            line = stream.readline().partition("\0")[0].strip(SPACE)
    except OSError as error:
        raise ConfigError(f"{path}: cannot open file: {error.strerror}") from error
    if not line:
        raise ConfigError(f"myorigin file {path} is empty")
    return line
