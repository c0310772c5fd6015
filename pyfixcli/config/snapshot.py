"""The configuration as the rest of the program sees it: immutable, typed, lazily expanded."""

from __future__ import annotations

import posix

from pyfixcli.config.expand import ExpansionError, expand
from pyfixcli.config.params import PARAMETERS
from pyfixcli.config.values import parse_bool, parse_int, parse_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfixcli.config.typed import TypedParameters as _Typed
else:
    _Typed = object

MAX_DEPTH = 101


def _read_origin(text: str) -> str:
    from pyfixcli.config.origin import origin_domain  # few commands ask for it

    return origin_domain(text)


# Parameters whose users see something else than the expanded text.
READ_AS: dict[str, Callable[[str], str]] = {"myorigin": _read_origin}


class Config(_Typed):
    """main.cf with defaults, and perhaps the ``-o`` overrides of a service.

    Every parameter is an attribute under its own name, typed and fully expanded: str, int,
    bool, or seconds. ConfigError when the value is not of its type.
    """

    config_directory: str

    def __init__(self, directory: str, settings: dict[str, str]) -> None:
        object.__setattr__(self, "config_directory", directory)
        object.__setattr__(self, "_settings", settings)
        object.__setattr__(self, "_texts", {})

    if not TYPE_CHECKING:

        def __getattr__(self, name):  # noqa: ANN001, ANN204  (typed by TypedParameters)
            row = PARAMETERS.get(name)
            if row is None:
                raise AttributeError(name)
            value = self._typed(name, row[0], row[2], row[3])
            object.__setattr__(self, name, value)
            return value

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("the configuration is immutable")

    def _typed(self, name: str, kind: str, low: int | None, high: int | None) -> object:
        text = self.text(name)
        if kind == "str":
            return READ_AS[name](text) if name in READ_AS else text
        if kind == "bool":
            return parse_bool(name, text)
        if kind == "int":
            return parse_int(name, text, low, high)
        return parse_time(name, text, kind[-1], low)

    # -- texts -----------------------------------------------------------------------

    @property
    def settings(self) -> dict[str, str]:
        """What main.cf (and the overrides) set, unexpanded, in order; do not change it."""
        settings: dict[str, str] = self.__dict__["_settings"]
        return settings

    def is_set(self, name: str) -> bool:
        """Whether main.cf or an override sets the parameter."""
        return name in self.settings

    def raw(self, name: str) -> str | None:
        """The unexpanded value: as set, else the default; None for an unknown name."""
        found = self.settings.get(name)
        if found is not None:
            return found
        row = PARAMETERS.get(name)
        if row is None:
            return None
        return dynamic_default(name, self) if name in DYNAMIC else row[1]

    def text(self, name: str, default: str = "") -> str:
        """The expanded text of any parameter, also of one that only the user knows."""
        found = self._value(name, 0)
        return default if found is None else found

    def lookup(self, name: str) -> str | None:
        """The expanded text of any parameter; None when it has no value and no default."""
        return self._value(name, 1)

    def _value(self, name: str, depth: int) -> str | None:
        texts: dict[str, str] = self.__dict__["_texts"]
        known = texts.get(name)
        if known is not None:
            return known
        raw = self.raw(name)
        if raw is None:
            return None
        if depth > MAX_DEPTH:
            raise ExpansionError([f'unreasonable macro call nesting: "{name}"'])
        value = raw
        if "$" in raw:
            try:
                value = expand(raw, lambda inner: self._value(inner, depth + 1), self.raw)
            except RecursionError:  # forms within forms within forms
                raise ExpansionError([f'unreasonable macro call nesting: "{name}"']) from None
        texts[name] = value
        return value

    # -- names that are made of a service's name ----------------------------------------

    def number(self, name: str, default: int) -> int:
        """An integer parameter such as ``relay_destination_concurrency_limit``."""
        text = self.text(name)
        return parse_int(name, text, 0, None) if text else default

    def seconds(self, name: str, default: float, unit: str = "s") -> float:
        """A time parameter such as ``relay_destination_rate_delay``, in seconds."""
        text = self.text(name)
        return parse_time(name, text, unit) if text else default

    def boolean(self, name: str, default: bool) -> bool:
        """A yes/no parameter that only the user knows."""
        text = self.text(name)
        return parse_bool(name, text) if text else default

    def with_overrides(self, pairs: tuple[tuple[str, str], ...]) -> Config:
        """The view of a service: these assignments on top (master.cf ``-o``)."""
        return Config(self.config_directory, {**self.settings, **dict(pairs)})


def dynamic_default(name: str, config: Config) -> str:
    """Defaults that depend on the machine or on other parameters."""
    return DYNAMIC[name](config)


def _host_name(config: Config) -> str:
    name = posix.uname().nodename
    if "." in name:
        return name
    domain = config.settings.get("mydomain")
    return f"{name}.{domain if domain and '$' not in domain else 'localdomain'}"


def _domain(config: Config) -> str:
    host = config.text("myhostname")
    _, dot, domain = host.partition(".")
    return domain if dot and domain else "localdomain"


DYNAMIC: dict[str, Callable[[Config], str]] = {
    "myhostname": _host_name,
    "mydomain": _domain,
    "process_id": lambda config: str(posix.getpid()),
    "process_name": lambda config: "",
    "service_name": lambda config: "",
    "config_directory": lambda config: config.config_directory,
    "mynetworks": lambda config: own_networks(config),
}


def own_networks(config: Config) -> str:
    """mynetworks when it is not set: this machine only, unless mynetworks_style is set."""
    if "mynetworks_style" not in config.settings:
        ipv4 = config.text("inet_protocols") == "ipv4"
        return "127.0.0.0/8" if ipv4 else "127.0.0.0/8 [::1]/128"
    from pyfixcli.base.interfaces import trusted_networks  # only where it is asked for

    words, protocols = config.text("inet_interfaces"), config.text("inet_protocols")
    return " ".join(trusted_networks(words, protocols, config.text("mynetworks_style")))
