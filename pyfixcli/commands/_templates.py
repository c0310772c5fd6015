"""postconf -b and -t: the texts of notices, as they are written or with the values of this system (bounce(5))."""

from __future__ import annotations

import os
from collections.abc import Iterable

from pyfixcli.base.errors import ConfigError, UsageError
from pyfixcli.base.sysexits import EX_OK
from pyfixcli.bounce.template import format_expanded, format_templates, read_templates
from pyfixcli.commands._run import complain
from pyfixcli.config.snapshot import Config
from pyfixcli.config.values import parse_time

SERVICE = "postfix/bounce"
# parameter -> default unit, least and largest value in seconds
TIMES = (("delay_warning_time", ("h", 0, None)), ("maximal_queue_lifetime", ("d", 0, 100 * 86400)))
OTHERS = frozenset("defhHnoxX#")  # options that say how parameters are shown or changed


def show_templates(config: Config, letters: set[str], operands: list[str]) -> int:
    """Show the templates of a file (an empty name: the built-in ones), or of bounce_template_file.

    ``letters`` has ``b`` (expanded) or ``t`` (as they are). What is wrong with the file is said in the name of the
    service that would use it. Raises UsageError for options that do not go together.
    """
    if {"b", "t"} <= letters:
        raise UsageError("specify one of -b and -t")
    chosen = "b" if "b" in letters else "t"
    if "M" in letters:
        modes = sorted((chosen, "M"), key=str.lower)
        raise UsageError(f"specify one of {_dashed(modes)}")
    others = sorted(letters & OTHERS)
    if others:
        raise UsageError(f"with option -{chosen}, do not specify {_dashed(others)}")
    if len(operands) > 1:
        raise UsageError("options -b and -t require at most one template file")
    try:
        _show(config, operands[0] if operands else config.bounce_template_file, chosen == "b")
    except ConfigError as error:
        _warn(error.warnings)
        complain(f"{SERVICE}: fatal: {error}")
        return 1
    return EX_OK


def _show(config: Config, path: str, is_expanded: bool) -> None:
    for name, limit in TIMES:
        parse_time(name, config.text(name), *limit)  # which templates tell
    templates = read_templates(path)
    _warn(templates.warnings)
    if is_expanded:
        expansion = format_expanded(templates, config)
        _warn(expansion.warnings)
        shown = expansion.text
    else:
        shown = format_templates(templates, config)
    data = shown.encode("utf-8", "surrogateescape")
    while data:
        data = data[os.write(1, data) :]


def _warn(texts: Iterable[str]) -> None:
    for text in texts:
        complain(f"{SERVICE}: warning: {text}")


def _dashed(letters: list[str]) -> str:
    return " ".join(f"-{letter}" for letter in letters)
