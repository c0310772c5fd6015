"""The settings of a table that asks a database: a file of its own, or parameters of main.cf that begin with its name.

``kind:/path`` and ``kind:./path`` name a file in the form of main.cf, in which ``$name`` means nothing; of
``kind:name`` each setting is the parameter ``name_setting`` (ldap_table(5): OBSOLETE MAIN.CF PARAMETERS).
"""

from __future__ import annotations

from pyfixcli.base.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyfixcli.config.snapshot import Config


class DatabaseSource:
    """What a table is told. ``name`` is the path or the word that begins its parameters; ConfigError when it is unreadable."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        self._prefix = ""
        self._settings: dict[str, str] | None = None
        if name.startswith(("/", ".")):
            from pyfixcli.config.load import read_settings

            self._settings = read_settings(name)
        else:
            self._prefix = name + "_"

    def get(self, setting: str) -> str | None:
        """A setting, or None when nobody gave it."""
        if self._settings is not None:
            return self._settings.get(setting)
        name = self._prefix + setting
        return self._config.text(name) if self._config.is_set(name) else None

    def text(self, setting: str, default: str = "", is_needed: bool = False) -> str:
        """A setting; ConfigError when one that ``is_needed`` is empty."""
        found = self.get(setting)
        value = default if found is None else found
        if is_needed and not value:
            raise self._bad(f"string length 0 < 1: {self._prefix}{setting} = ")
        return value

    def number(self, setting: str, default: int, least: int | None = None) -> int:
        """A setting that is a number, which without ``least`` is not negative; ConfigError."""
        text = self.text(setting)
        if not text:
            return default
        try:
            value = int(text)
        except ValueError as error:
            problem = f"numerical configuration: {self._prefix}{setting} = {text}"
            raise self._bad(problem) from error
        if least is not None and value < least:
            where = "" if self._prefix else f"{self.name}: "
            name = self._prefix + setting
            raise ConfigError(f"{where}invalid {name} parameter value {value} < {least}")
        return max(0, value)

    def boolean(self, setting: str, default: bool) -> bool:
        """A setting that is yes or no; ConfigError."""
        text = self.text(setting)
        if not text:
            return default
        if text.lower() not in ("yes", "no"):
            raise self._bad(f"boolean configuration: {self._prefix}{setting} = {text}")
        return text.lower() == "yes"

    def words(self, setting: str, default: str = "") -> list[str]:
        """A setting that is a list, with blanks or commas between the words."""
        return self.text(setting, default).replace(",", " ").split()

    @property
    def identity(self) -> tuple[tuple[str, str], ...]:
        """All that is set: tables that are told the same may share what they have open."""
        if self._settings is not None:
            return tuple(sorted(self._settings.items()))
        names = (name for name in self._config.settings if name.startswith(self._prefix))
        return tuple(sorted((name[len(self._prefix) :], self._config.text(name)) for name in names))

    def _bad(self, problem: str) -> ConfigError:
        where = "" if self._prefix else f"{self.name}: "
        return ConfigError(f"{where}bad {problem}")
