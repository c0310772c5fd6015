"""Which names of main.cf and master.cf mean something, as postconf(1) judges it.

Built-in parameters do, names made of a service (``NAME_destination_recipient_limit``), restriction classes,
parameters of databases, and whatever a value refers to. All others are unused: most likely mistyped.

Data flow: ``examine`` -> Usage, with warnings about names that have no value.
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.expand import find_names
from pyfixcli.config.load import RAW
from pyfixcli.config.params import OWN, PARAMETERS
from pyfixcli.config.snapshot import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyfixcli.config.master_entry import Entry

    Warn = Callable[[str], None]

READ_ONLY = ("process_id", "process_name", "service_name")
# Names that the defaults of parameters refer to: what these were called in older releases.
LEGACY = frozenset(
    (
        "authorized_verp_clients",
        "fallback_relay",
        "lmtp_per_record_deadline",
        "postscreen_blacklist_action",
        "postscreen_dnsbl_ttl",
        "postscreen_dnsbl_whitelist_threshold",
        "postscreen_whitelist_interfaces",
        "smtp_per_record_deadline",
        "smtpd_client_connection_limit_exceptions",
        "smtpd_per_record_deadline",
        "tlsproxy_client_level",
        "tlsproxy_client_policy",
        "virtual_maps",
    )
)
AGENTS = frozenset(("error", "lmtp", "local", "pipe", "smtp", "virtual"))
COMMANDS = frozenset(("pipe", "spawn"))
OF_AGENTS = {
    "_delivery_slot_cost": "$default_delivery_slot_cost",
    "_delivery_slot_discount": "$default_delivery_slot_discount",
    "_delivery_slot_loan": "$default_delivery_slot_loan",
    "_destination_concurrency_failed_cohort_limit": "$default_destination_concurrency_failed_cohort_limit",
    "_destination_concurrency_limit": "$default_destination_concurrency_limit",
    "_destination_concurrency_negative_feedback": "$default_destination_concurrency_negative_feedback",
    "_destination_concurrency_positive_feedback": "$default_destination_concurrency_positive_feedback",
    "_destination_rate_delay": "$default_destination_rate_delay",
    "_destination_recipient_limit": "$default_destination_recipient_limit",
    "_extra_recipient_limit": "$default_extra_recipient_limit",
    "_initial_destination_concurrency": "$initial_destination_concurrency",
    "_minimum_delivery_slots": "$default_minimum_delivery_slots",
    "_recipient_limit": "$default_recipient_limit",
    "_recipient_refill_delay": "$default_recipient_refill_delay",
    "_recipient_refill_limit": "$default_recipient_refill_limit",
    "_transport_rate_delay": "$default_transport_rate_delay",
}
OF_COMMANDS = {"_time_limit": "$command_time_limit"}
DATABASES = ("ldap:", "mysql:", "pgsql:", "sqlite:", "memcache:")  # database_names.py has the rest
SERVICE_SUFFIXES = (*OF_AGENTS, *OF_COMMANDS)


def service_parameters(entries: Sequence[Entry]) -> dict[str, str]:
    """name -> default of the parameters that have a service's name in theirs."""
    found = {}
    for entry in entries:
        service, command = entry.fields[0], entry.fields[-1]
        suffixes = dict(OF_AGENTS) if command in AGENTS else {}
        if command in COMMANDS:
            suffixes.update(OF_COMMANDS)
        for suffix, default in suffixes.items():
            name = service + suffix
            row = PARAMETERS.get(name)
            found[name] = default if row is None else row[1]
    return found


class ServicesView(Config):
    """A configuration in which the parameters that are named after services have their defaults (``service``)."""

    def __init__(self, directory: str, settings: dict[str, str], service: dict[str, str]) -> None:
        super().__init__(directory, settings)
        object.__setattr__(self, "_service", service)

    def raw(self, name: str) -> str | None:
        """As set, or the default."""
        found = super().raw(name)
        service: dict[str, str] = self.__dict__["_service"]
        return service.get(name) if found is None else found

    def with_overrides(self, pairs: tuple[tuple[str, str], ...]) -> Config:
        """The view of a service."""
        return self.replace_settings({**self.settings, **dict(pairs)})

    def replace_settings(self, settings: dict[str, str]) -> ServicesView:
        """The same with other settings."""
        return ServicesView(self.config_directory, settings, self.__dict__["_service"])


class _Alone(Config):
    """Settings that refer to each other only: a name without a value among them has none."""

    def raw(self, name: str) -> str | None:
        """As set."""
        return self.settings.get(name)


class Usage:
    """What is known of the names in main.cf (``config``) and in the overrides of master.cf (``entries``)."""

    __slots__ = ("config", "entries", "overrides", "own", "service", "user")

    def __init__(self, config: Config, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.service = service_parameters(entries)
        self.config = ServicesView(config.config_directory, config.settings, self.service)
        self.user: set[str] = set()
        # Of each entry: what it sets, and which of that is referred to in it. Entries of the same name share these,
        # from the first one on that sets something.
        shared: dict[tuple[str, str], tuple[dict[str, str], set[str]]] = {}
        self.overrides: list[dict[str, str]] = []
        self.own: list[set[str]] = []
        for entry in entries:
            settings = entry.settings()
            key = entry.fields[0], entry.fields[1]
            overrides: dict[str, str] = {}
            own: set[str] = set()
            if settings or key in shared:
                overrides, own = shared.setdefault(key, (overrides, own))
                overrides.update(settings)
            self.overrides.append(overrides)
            self.own.append(own)

    @property
    def directory(self) -> str:
        """The directory of the files, without a slash at its end."""
        return self.config.config_directory.rstrip("/")

    def is_parameter(self, name: str) -> bool:
        """Whether a name has a meaning of its own, without anything that refers to it."""
        return name in self.service or is_built_in(name, self.config)

    def has_value(self, name: str) -> bool:
        """Whether a name that has a meaning has a value in main.cf, or a default."""
        return self.is_known(name) and (name not in self.user or self.config.is_set(name))

    def is_known(self, name: str) -> bool:
        """Whether a name in main.cf or master.cf has a meaning."""
        return name in self.user or name in LEGACY or self.is_parameter(name)


def is_built_in(name: str, config: Config) -> bool:
    """Whether a parameter is one of all configurations; those that the reference lacks are when they are set."""
    return name in PARAMETERS and (name not in OWN or config.is_set(name))


def examine(config: Config, entries: Sequence[Entry], warn: Warn) -> Usage:
    """Find out which names are used. ``warn`` is told of references to names that have no value.

    Raises ExpansionError when a value that counts cannot be expanded.
    """
    usage = Usage(config, entries)
    warn_of_read_only(usage, warn)
    refer_in_main(usage, warn)
    refer_to_classes(usage, usage.config.settings, -1, warn)
    for index, overrides in enumerate(usage.overrides):
        if overrides:
            refer_in_entry(usage, index, warn)
    expand_values(usage, warn)
    return usage


def refer_in_main(usage: Usage, warn: Warn) -> None:
    """Note what the values of main.cf refer to."""
    for name, value in usage.config.settings.items():
        if "$" in value and name not in RAW and name not in READ_ONLY:
            _refer(usage, value, -1, warn)


def refer_in_entry(usage: Usage, index: int, warn: Warn) -> None:
    """Note what the overrides of an entry refer to."""
    overrides = usage.overrides[index]
    for name, value in overrides.items():
        if "$" in value and name not in RAW and name not in READ_ONLY:
            _refer(usage, value, index, warn)
    if "smtpd_restriction_classes" in overrides:
        refer_to_classes(usage, overrides, index, warn)


def refer_to_classes(usage: Usage, settings: dict[str, str], index: int, warn: Warn) -> None:
    """Note the restriction classes that main.cf sets, or the overrides of the entry at ``index``."""
    if "smtpd_restriction_classes" not in settings:
        return
    text = _Alone(usage.directory, settings).text("smtpd_restriction_classes")
    for name in text.replace(",", " ").split():
        refer_to(usage, name, index, warn)


def _refer(usage: Usage, value: str, index: int, warn: Warn) -> None:
    names, problems = find_names(value)
    for problem in problems:
        warn(problem)
    for name in names:
        refer_to(usage, name, index, warn)


def refer_to(usage: Usage, name: str, index: int, warn: Warn) -> None:
    """Note that the entry at ``index`` refers to a name (-1: main.cf does)."""
    if usage.is_parameter(name) or name in LEGACY or note_reference(usage, name, index):
        return
    warn(f"{usage.directory}/{'main' if index < 0 else 'master'}.cf: undefined parameter: {name}")


def note_reference(usage: Usage, name: str, index: int) -> bool:
    """Mark what a name refers to as used; whether there is anything."""
    if index >= 0 and name in usage.overrides[index]:
        usage.own[index].add(name)
        return True
    everywhere = index < 0 and any(name in overrides for overrides in usage.overrides)
    if everywhere or usage.config.is_set(name):
        usage.user.add(name)
        return True
    return False


def service_config(usage: Usage, index: int) -> Config:
    """The configuration as the service of an entry has it."""
    entry = usage.entries[index]
    own = {**usage.overrides[index], "service_name": entry.fields[0]}
    own["process_name"] = entry.fields[-1].rpartition("/")[2]
    return usage.config.with_overrides(tuple(own.items()))


def of_process(config: ServicesView) -> ServicesView:
    """The configuration in which postconf goes by its name, whatever main.cf says."""
    settings = {n: value for n, value in config.settings.items() if n not in READ_ONLY}
    return config.replace_settings({**settings, "process_name": "postconf"})


# -- values ------------------------------------------------------------------------------------


def expand_values(usage: Usage, warn: Warn) -> None:
    """Expand each value of a parameter, and note the parameters of the databases that it names.

    Raises ExpansionError.
    """
    if not usage.config.is_set("mynetworks"):
        usage.config.text(
            "mynetworks_style"
        )  # what mynetworks is made of; its default depends on the level
    for index, overrides in enumerate(usage.overrides):
        if any(_counts(value) for value in overrides.values()):
            _expand_each(usage, service_config(usage, index), overrides, index, warn)
    process = of_process(usage.config)
    _expand_each(usage, process, process.settings, -1, warn)


def _counts(value: str) -> bool:
    return "$" in value or ":" in value or "{" in value


def _expand_each(
    usage: Usage, config: Config, settings: Mapping[str, str], index: int, warn: Warn
) -> None:
    for name, value in settings.items():
        if name in RAW or name in READ_ONLY or not _counts(value):
            continue
        if not usage.is_parameter(name):
            continue
        text = config.text(name) if "$" in value else value
        if "{" in text or (":" in text and any(kind in text for kind in DATABASES)):
            _note_databases(usage, text, index, warn)


def _note_databases(usage: Usage, text: str, index: int, warn: Warn) -> None:
    from pyfixcli.config.database_names import SUFFIXES, find_databases

    place = "main.cf" if index < 0 else "master.cf:" + "/".join(usage.entries[index].fields[:2])
    problems: list[str] = []
    found = list(find_databases(text, problems))
    for problem in problems:
        warn(f"{place}: {problem}")
    for kind, name in found:
        if name[0] in "/.":
            _check_database_file(kind, name, warn)
            continue
        for suffix in SUFFIXES[kind]:
            note_reference(usage, f"{name}_{suffix}", index)


def _check_database_file(kind: str, path: str, warn: Warn) -> None:
    """Warn of names in a database's own file that it does not know."""
    from pyfixcli.config.database_names import SUFFIXES
    from pyfixcli.config.load import read_settings

    try:
        settings = read_settings(path, warn)
    except ConfigError as error:
        problem = str(error).rpartition(": ")[2]
        warn(f'open "{kind}" configuration "{path}": {problem}')
        return
    for name, value in settings.items():
        if name not in SUFFIXES[kind]:
            warn(f"{kind}:{path}: unused parameter: {name}={value}")


# -- what is unused ------------------------------------------------------------------------------


def warn_of_read_only(usage: Usage, warn: Warn) -> None:
    """Tell of settings that have no effect, since these names are not for main.cf and master.cf to set."""
    shared = {
        id(overrides): overrides for overrides in usage.overrides
    }  # told once of entries with one name
    for file, settings in (
        *(("master.cf", overrides) for overrides in shared.values()),
        ("main.cf", usage.config.settings),
    ):
        for name in READ_ONLY:
            if name in settings:
                where = f"{usage.directory}/{file}"
                warn(f"{where}: read-only parameter assignment: {name}={settings[name]}")


def warn_of_unused_in_main(usage: Usage, warn: Warn) -> None:
    """Tell of each name in main.cf that has no meaning."""
    for name, value in usage.config.settings.items():
        if not usage.is_known(name) and name not in READ_ONLY:
            warn(f"{usage.directory}/main.cf: unused parameter: {name}={value}")


def warn_of_unused_in_master(usage: Usage, warn: Warn) -> None:
    """Tell of each name that an override of master.cf sets, and that has no meaning."""
    for overrides, own in zip(usage.overrides, usage.own, strict=True):
        for name, value in overrides.items():
            if name not in own and not usage.is_known(name) and name not in READ_ONLY:
                warn(f"{usage.directory}/master.cf: unused parameter: {name}={value}")
