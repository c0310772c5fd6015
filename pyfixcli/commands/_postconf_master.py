"""postconf -M, -F and -P: services of master.cf, their fields and their parameters."""

from __future__ import annotations

from pyfixcli.base.errors import PyfixError
from pyfixcli.config.expand import expand
from pyfixcli.config.master_entry import FIELDS, Override
from pyfixcli.config.usage import READ_ONLY, service_config
from pyfixcli.present.postconf_text import format_command, format_entry, format_parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyfixcli.config.master_entry import Entry
    from pyfixcli.config.snapshot import Config
    from pyfixcli.config.usage import Usage
    from pyfixcli.present.postconf_text import Style

ANY = "*"
FORMS = {
    "M": (2, "-M option requires service_name[/type]"),
    "F": (3, "-F option requires service_name[/type[/field]]"),
    "P": (3, "-P option requires service_name[/type[/parameter]]"),
}


class Request:
    """One word of the command line: a pattern for entries and for what is in them, and whether anything fitted."""

    __slots__ = ("is_met", "target", "where", "word")

    def __init__(self, word: str, parts: Sequence[str]) -> None:
        self.word = word
        self.where = parts[:2]
        self.target = parts[-1]
        self.is_met = False

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return all(
            pattern in (ANY, field)
            for pattern, field in zip(self.where, entry.fields, strict=False)
        )


def parse_requests(kind: str, words: Sequence[str]) -> list[Request]:
    """What the words of a command line ask for; without any, everything. Raises PyfixError."""
    count, complaint = FORMS[kind]
    requests = []
    for word in words or [ANY]:
        parts = word.split("/")
        if not parts[0] or len(parts) > count:
            raise PyfixError(complaint)
        parts = [part or ANY for part in parts] + [ANY] * (count - len(parts))
        if kind == "F" and parts[-1] not in (ANY, *FIELDS):
            raise PyfixError(f'invalid service attribute name: "{parts[-1]}"')
        requests.append(Request(word, parts))
    if not words:
        requests[0].is_met = True  # nobody asked for anything that could be missed
    return requests


def show(
    kind: str,
    requests: Sequence[Request],
    usage: Usage,
    style: Style,
    expands: bool,
    warn: Callable[[str], None],
) -> str:
    """The text for all that is asked for, in the order of master.cf. Raises ExpansionError."""
    shown = []
    for index, entry in enumerate(usage.entries):
        fitting = [request for request in requests if request.fits(entry)]
        if not fitting:
            continue
        config = service_config(usage, index) if expands else None
        if config is not None and kind != "P":
            expand_overrides(entry, config)
        entry.show_bare()
        for request in fitting:
            lines = list(_SHOWN[kind](entry, usage.overrides[index], request.target, style, config))
            # A parameter that cannot be set is not shown, yet it is there.
            is_hidden = kind == "P" and any(
                request.target in (ANY, name) for name in usage.overrides[index]
            )
            request.is_met = request.is_met or bool(lines) or is_hidden
            shown += lines
    for request in requests:
        if not request.is_met:
            warn(f'unmatched request: "{request.word}"')
    return "".join(shown)


def expand_overrides(entry: Entry, config: Config) -> None:
    """Expand the values of the overrides, as their service sees them."""
    for item in entry.options:
        if isinstance(item, Override) and "$" in item.text:
            item.text = expand(item.text, config.lookup, config.raw)


def _show_entry(
    entry: Entry, overrides: dict[str, str], target: str, style: Style, config: Config | None
) -> Iterator[str]:
    yield format_entry(entry, style)


def _show_fields(
    entry: Entry, overrides: dict[str, str], target: str, style: Style, config: Config | None
) -> Iterator[str]:
    name, kind = entry.fields[:2]
    for field, text in zip(FIELDS, entry.fields, strict=True):
        if target not in (ANY, field):
            continue
        label = f"{name}/{kind}/{field}"
        if field != "command":
            yield format_parameter(label, text, style)
            continue
        command = format_command(entry, style.folded)
        if style.names or style.json:
            yield format_parameter(label, command, style)
        else:
            yield f"{command}\n" if style.values else f"{label} = {command}\n"


def _show_parameters(
    entry: Entry, overrides: dict[str, str], target: str, style: Style, config: Config | None
) -> Iterator[str]:
    name, kind = entry.fields[:2]
    for parameter in sorted(overrides):
        if parameter in READ_ONLY or target not in (ANY, parameter):
            continue
        value = overrides[parameter]
        if config is not None and not style.names:
            value = config.text(parameter)
        yield format_parameter(f"{name}/{kind}/{parameter}", value, style)


_SHOWN: dict[str, Callable[..., Iterator[str]]] = {
    "M": _show_entry,
    "F": _show_fields,
    "P": _show_parameters,
}
