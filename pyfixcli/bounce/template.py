"""Bounce templates (bounce(5)): the built-in ones, and those of a template file.

A file sets ``failure_template``, ``delay_template``, ``success_template`` and ``verify_template``,
each as ``name = <<MARK``, lines, ``MARK``. A template that breaks a rule is left out with a
warning, and the built-in one is used; a file that cannot be parsed is a ConfigError.

Data flow: ``read_templates`` (or BUILT_IN) -> ``expand_text`` -> notice.compose.

See also: bounce(5), postconf(5) bounce_template_file, header_from_format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.expand import ExpansionError, expand
from pyfixcli.config.snapshot import Config

BUILT_IN_NAME = "[built-in]"
US_ASCII = "us-ascii"
FAILURE = "failure"
DELAY = "delay"
SUCCESS = "success"
VERIFY = "verify"
NAMES = (FAILURE, DELAY, SUCCESS, VERIFY)

STANDARD_FROM = "Mail Delivery System <MAILER-DAEMON>"
OBSOLETE_FROM = "MAILER-DAEMON (Mail Delivery System)"

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
_TIMES = ("delay_warning_time", "maximal_queue_lifetime")
_HOST_NAMES = ("myhostname", "mydomain")
_EXCESSIVE = 1000
_HEADERS = {
    "charset": "charset",
    "from": "sender",
    "subject": "subject",
    "postmaster-subject": "postmaster_subject",
}


@dataclass(frozen=True, slots=True)
class Template:
    """One template; ``text`` has its ``$name`` forms unexpanded and ends with a newline.

    ``sender`` empty means the From: that header_from_format asks for. ``origin`` is the file that
    it came from. Text that is not UTF-8 is surrogate-escaped.
    """

    name: str
    subject: str
    text: str
    postmaster_subject: str = ""
    sender: str = ""
    charset: str = US_ASCII
    origin: str = BUILT_IN_NAME


_HELP = """\
For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system
"""
_HOST = "This is the mail system at host $myhostname.\n\n"

BUILT_IN: Mapping[str, Template] = MappingProxyType(
    {
        FAILURE: Template(
            FAILURE,
            "Undelivered Mail Returned to Sender",
            _HOST
            + "I'm sorry to have to inform you that your message could not\n"
            + "be delivered to one or more recipients. It's attached below.\n\n"
            + _HELP,
            "Postmaster Copy: Undelivered Mail",
        ),
        DELAY: Template(
            DELAY,
            "Delayed Mail (still being retried)",
            _HOST
            + "####################################################################\n"
            + "# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n"
            + "####################################################################\n\n"
            + "Your message could not be delivered for more than"
            + " $delay_warning_time_hours hour(s).\n"
            + "It will be retried until it is $maximal_queue_lifetime_days day(s) old.\n\n"
            + _HELP,
            "Postmaster Warning: Delayed Mail",
        ),
        SUCCESS: Template(
            SUCCESS,
            "Successful Mail Delivery Report",
            _HOST
            + "Your message was successfully delivered to the destination(s)\n"
            + "listed below. If the message was delivered to mailbox you will\n"
            + "receive no further notifications. Otherwise you may still receive\n"
            + "notifications of mail delivery errors from other systems.\n\n"
            + "                   The mail system\n",
        ),
        VERIFY: Template(
            VERIFY,
            "Mail Delivery Status Report",
            _HOST
            + "Enclosed is the mail delivery report that you requested.\n\n"
            + "                   The mail system\n",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates in use, by name, and what was wrong with the file."""

    by_name: Mapping[str, Template]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """A template's text with the values of this system, and warnings about it."""

    text: str
    warnings: tuple[str, ...] = ()


# -- reading a file --------------------------------------------------------------------


def read_templates(path: str) -> Templates:
    """The templates of a file over the built-in ones; an empty path gives these alone.

    Raises ConfigError when the file cannot be opened or parsed.
    """
    if not path:
        return Templates(BUILT_IN)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            return parse_templates(stream, path)
    except IsADirectoryError as error:
        raise ConfigError(f"read {path}: {error.strerror}") from error
    except OSError as error:
        raise ConfigError(f"open {path}: {error.strerror}") from error


def parse_templates(lines: Iterable[str], path: str) -> Templates:
    """The templates in the lines of a file; ``path`` is for messages. Raises ConfigError."""
    warnings: list[str] = []
    raw: dict[str, list[str]] = {}
    for key, body in _definitions(lines, path, warnings):
        raw[key] = body
    found = dict(BUILT_IN)
    for name in NAMES:
        found_lines = raw.get(f"{name}_template")
        if found_lines is None:
            continue
        parsed = _parse_template(BUILT_IN[name], found_lines, path)
        if isinstance(parsed, Template):
            found[name] = parsed
        else:
            warnings.extend(parsed)
    return Templates(MappingProxyType(found), tuple(warnings))


def _definitions(
    lines: Iterable[str], path: str, warnings: list[str]
) -> Iterable[tuple[str, list[str]]]:
    """(parameter name, its lines) in order."""
    source = iter(lines)
    number = 1  # the reference counts the line after the one it read last
    for line in source:
        number += 1
        if line.isspace() or line.startswith("#"):
            continue
        key, value = _split_definition(line, f"{path}, line {number}")
        body = [value]
        if value.startswith("<<"):
            mark = value[2:].strip()
            if not mark:
                raise ConfigError(f"{path}, line {number}: missing end marker after <<")
            body, count, ended = _here_document(source, mark)
            number += count
            if not ended:
                warnings.append(f'{path}, line {number}: missing "{mark}" end marker')
        if key.removesuffix("_template") in NAMES and key.endswith("_template"):
            yield key, body
        else:
            warnings.append(
                f"{path}, line {number}: unknown template name: {key} -- ignoring this template"
            )


def _split_definition(line: str, place: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals:
        text = line.strip()
        raise ConfigError(f"{place}: missing '=' after attribute name: \"{text}\"")
    return name.strip(), value.strip()


def _here_document(source: Iterable[str], mark: str) -> tuple[list[str], int, bool]:
    """(lines, how many were read, whether the mark was found)."""
    body: list[str] = []
    count = 0
    for line in source:
        count += 1
        line = line.rstrip("\n")
        if line == mark:
            return body, count, True
        body.append(line)
    return body, count, False


def _parse_template(built_in: Template, lines: list[str], path: str) -> Template | list[str]:
    """A template from its lines, or the warnings that say why not."""
    fields: dict[str, str] = {}
    position = 0
    for line in lines:
        label, colon, value = line.partition(":")
        if not colon or not _is_label(label.rstrip(" \t")):
            break
        problem = _check_header(built_in, label.rstrip(" \t"), value)
        if problem:
            return [f"{path}: {problem} in {built_in.name} template -- ignoring this template"]
        fields[_HEADERS[label.rstrip(" \t").lower()]] = value.strip(" \t")
        position += 1
    while position < len(lines) and not lines[position].strip():
        position += 1
    text = "".join(line + "\n" for line in lines[position:])
    if not text:
        problem = f"missing message text in {built_in.name} template"
        return [f"{path}: {problem} -- ignoring this template"]
    template = replace(built_in, text=text, origin=path, **fields)
    if not text.isascii() and template.charset.lower() == US_ASCII:
        return [
            f"{path}: 8-bit message text in {built_in.name} template",
            "please specify a charset value other than us-ascii",
            "-- ignoring this template for now",
        ]
    return template


def _is_label(text: str) -> bool:
    return bool(text) and all(33 <= ord(character) <= 126 for character in text)


def _check_header(built_in: Template, label: str, value: str) -> str:
    """What is wrong with a template header; empty when nothing is."""
    field = _HEADERS.get(label.lower())
    if field is None:
        return f'unknown "{label}" header label'
    if field == "postmaster_subject" and not built_in.postmaster_subject:
        return f'inapplicable "{label}" header label'
    if not value.strip(" \t"):
        return f'empty "{label}" header value'
    if not value.isascii() or "\0" in value:
        return f'non-ASCII "{label}" header value'
    return ""


# -- expansion -------------------------------------------------------------------------


def expand_text(template: Template, config: Config) -> Expansion:
    """The text with ``$parameters`` replaced, line by line.

    Raises ConfigError for a bad form, an unknown parameter or an unknown unit of time.
    """
    expander = _Expander(template, config)
    lines = [expander.expand(line) for line in template.text.split("\n")]
    return Expansion("\n".join(lines), tuple(expander.warnings))


class _Expander:
    def __init__(self, template: Template, config: Config) -> None:
        self._template = template
        self._config = config
        self._missing = False
        self.warnings: list[str] = []

    def expand(self, line: str) -> str:
        if "$" not in line:
            return line
        template = self._template
        self._missing = False
        try:
            text = expand(line, self._lookup)
        except ExpansionError as error:
            problem = ConfigError(
                f"{template.origin}: bad $name syntax in {template.name} template: {line}"
            )
            problem.warnings = error.warnings
            raise problem from error
        if self._missing:
            raise ConfigError(
                f"{template.origin}: undefined $name in {template.name} template: {line}"
            )
        return text

    def _lookup(self, name: str) -> str | None:
        for parameter in _TIMES:
            if name.startswith(parameter + "_"):
                return self._convert_time(name, parameter, name[len(parameter) + 1 :])
        if self._config.raw(name) is None:
            self._missing = True
            return None
        text = self._config.text(name)
        if name in _HOST_NAMES and self._config.smtputf8_enable:
            return to_unicode_domain(text)
        return text

    def _convert_time(self, name: str, parameter: str, suffix: str) -> str:
        unit = _UNITS.get(suffix)
        if unit is None:
            raise ConfigError(
                f'{self._template.origin}: unrecognized suffix "{suffix}" in parameter "{name}"'
            )
        seconds = int(getattr(self._config, parameter))
        result = seconds // unit
        if seconds and not result:
            self._warn(f"zero result in {self._where()} of parameter", "reduce", suffix, name)
        elif result >= _EXCESSIVE:
            self._warn(
                f'excessive result "{result}" in {self._where()} of parameter',
                "increase",
                suffix,
                name,
            )
        return str(result)

    def _where(self) -> str:
        return f"{self._template.name} template conversion"

    def _warn(self, problem: str, verb: str, suffix: str, name: str) -> None:
        self.warnings += [
            f'{self._template.origin}: {problem} "{name}"',
            f'please {verb} time unit "{suffix}" of "{name}" in {self._template.name} template',
            "for instructions see the bounce(5) manual",
        ]


def to_unicode_domain(domain: str) -> str:
    """A domain with its ACE labels (``xn--``) as UTF-8; one that does not decode stays."""
    if "xn--" not in domain.lower():
        return domain
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


# -- what depends on the configuration ---------------------------------------------------


def template_sender(template: Template, config: Config) -> str:
    """The From: of a notice before address rewriting (postconf(5) header_from_format)."""
    if template.sender:
        return template.sender
    return OBSOLETE_FROM if config.header_from_format == "obsolete" else STANDARD_FROM


def template_charset(template: Template, config: Config) -> str:
    """The charset of a notice's text: UTF-8 instead of US-ASCII when SMTPUTF8 is enabled."""
    if config.smtputf8_enable and template.charset.lower() == US_ASCII:
        return "utf-8"
    return template.charset


def format_templates(templates: Templates, config: Config) -> str:
    """All templates in the form of a template file (postconf -t)."""
    return "\n".join(_format_template(templates.by_name[name], config) for name in NAMES)


def _format_template(template: Template, config: Config) -> str:
    lines = [
        f"{template.name}_template = <<EOF",
        f"Charset: {template.charset}",
        f"From: {template_sender(template, config)}",
        f"Subject: {template.subject}",
    ]
    if template.postmaster_subject:
        lines.append(f"Postmaster-Subject: {template.postmaster_subject}")
    return "\n".join(lines) + f"\n\n{template.text}EOF\n"


def format_expanded(templates: Templates, config: Config) -> Expansion:
    """The expanded texts of all templates (postconf -b). Raises ConfigError as expand_text."""
    parts = []
    warnings: list[str] = []
    for name in NAMES:
        expansion = expand_text(templates.by_name[name], config)
        warnings.extend(expansion.warnings)
        parts.append(f"expanded_{name}_text = <<EOF\n{expansion.text}EOF\n")
    return Expansion("\n".join(parts), tuple(warnings))
