"""Template files and the built-in templates (bounce(5)); expected texts are the reference's."""

from __future__ import annotations

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.bounce import template as templates
from pyfixcli.bounce.template import (
    BUILT_IN,
    Template,
    Templates,
    expand_text,
    format_expanded,
    format_templates,
    parse_templates,
    read_templates,
    template_charset,
    template_sender,
)
from pyfixcli.config.snapshot import Config


def make_config(**settings: str) -> Config:
    given = {"myhostname": "mail.example.test", "smtputf8_enable": "yes"}
    return Config("/nowhere", {**given, **settings})


def parse(text: str) -> Templates:
    return parse_templates(text.splitlines(keepends=True), "t")


OWN = """\
# comment

failure_template = <<EOF
Charset: us-ascii
From: MAILER-DAEMON (Own Mailer)
Subject: Own failure subject
Postmaster-Subject: Own postmaster copy

Host $myhostname of $mydomain failed.
Two dollars $$ too.
EOF
"""


def test_file_template_replaces_the_built_in_one() -> None:
    """All headers and the text are taken from the file."""
    assert parse(OWN).by_name["failure"] == Template(
        "failure",
        "Own failure subject",
        "Host $myhostname of $mydomain failed.\nTwo dollars $$ too.\n",
        "Own postmaster copy",
        "MAILER-DAEMON (Own Mailer)",
        "us-ascii",
        "t",
    )


def test_templates_that_are_not_in_the_file_stay() -> None:
    """A file may have only some of the four."""
    assert parse(OWN).by_name["delay"] is BUILT_IN["delay"]


def test_headers_that_a_template_leaves_out_have_their_defaults() -> None:
    """bounce(5): headers not specified are left at their default value."""
    found = parse("delay_template = <<E\nSubject: Own\n\ntext\nE\n").by_name["delay"]
    expected = ("Own", "Postmaster Warning: Delayed Mail")
    assert (found.subject, found.postmaster_subject) == expected


def test_text_without_headers_is_all_text() -> None:
    """The first line that is no header starts the text, an empty line before it or not."""
    found = parse("verify_template = <<EOF\ntext only\n\nsecond\nEOF\n")
    assert found.by_name["verify"].text == "text only\n\nsecond\n"


def test_a_folded_header_is_text() -> None:
    """Template headers do not span lines."""
    found = parse("success_template = <<EOF\nSubject: folded\n  header\nEOF\n").by_name["success"]
    assert (found.subject, found.text) == ("folded", "  header\n")


def test_the_last_definition_of_a_template_wins() -> None:
    """A file may define a template twice."""
    text = "failure_template = <<EOF\nSubject: a\n\na\nEOF\n"
    assert parse(text + text.replace("a\n", "b\n")).by_name["failure"].subject == "b"


def test_the_end_mark_may_be_any_text() -> None:
    """Also one with blanks in it."""
    found = parse("failure_template=<<E O F\nSubject: q\n\nx\nE O F\n")
    assert found.by_name["failure"].subject == "q"


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (
            "failure_template = <<EOF\nX-Other: foo\n\nx\nEOF\n",
            ['t: unknown "X-Other" header label in failure template -- ignoring this template'],
        ),
        (
            "failure_template = <<EOF\nSubject: caf\u00e9\n\nx\nEOF\n",
            ['t: non-ASCII "Subject" header value in failure template -- ignoring this template'],
        ),
        (
            "delay_template = <<EOF\nCharset:\n\nx\nEOF\n",
            ['t: empty "Charset" header value in delay template -- ignoring this template'],
        ),
        (
            "success_template = <<EOF\npostmaster-subject: x\n\nx\nEOF\n",
            [
                't: inapplicable "postmaster-subject" header label in success template'
                " -- ignoring this template"
            ],
        ),
        (
            "delay_template = <<EOF\nCharset: us-ascii\n\ncaf\u00e9\nEOF\n",
            [
                "t: 8-bit message text in delay template",
                "please specify a charset value other than us-ascii",
                "-- ignoring this template for now",
            ],
        ),
        (
            "\nnosuch_template = <<EOF\nx\nEOF\n",
            ["t, line 5: unknown template name: nosuch_template -- ignoring this template"],
        ),
    ],
)
def test_a_bad_template_is_left_out_with_a_warning(text: str, warnings: list[str]) -> None:
    """The built-in template is used instead."""
    found = parse(text)
    assert (found.by_name, list(found.warnings)) == (BUILT_IN, warnings)


def test_a_missing_end_mark_is_a_warning() -> None:
    """The template goes to the end of the file."""
    found = parse("success_template = <<EOF\nSubject: x\n\nno end\n")
    assert found.warnings == ('t, line 5: missing "EOF" end marker',)
    assert found.by_name["success"].text == "no end\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trailing garbage\n", "t, line 2: missing '=' after attribute name: \"trailing garbage\""),
        ("failure_template = <<\nSubject: a\n", "t, line 2: missing end marker after <<"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_an_error(text: str, message: str) -> None:
    """With the reference's words."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_a_missing_file_is_an_error() -> None:
    """The words are those of postconf -b."""
    with pytest.raises(ConfigError) as caught:
        read_templates("/nonexistent/file")
    assert str(caught.value) == "open /nonexistent/file: No such file or directory"


def test_no_file_gives_the_built_in_templates() -> None:
    """bounce_template_file is empty by default."""
    assert read_templates("").by_name == BUILT_IN


def expand_line(line: str, **settings: str) -> str:
    template = Template("delay", "s", line + "\n", origin="t")
    return expand_text(template, make_config(**settings)).text


def test_times_are_given_in_the_unit_of_the_suffix() -> None:
    """Fractions are cut off."""
    line = "$delay_warning_time_hours ${maximal_queue_lifetime_days} $delay_warning_time_minutes"
    text = expand_line(line, delay_warning_time="119m", maximal_queue_lifetime="47h")
    assert text == "1 1 119\n"


def test_dollar_dollar_is_a_dollar() -> None:
    """bounce(5): specify $$ to produce $."""
    assert expand_line("$$(maximal_queue_lifetime_hours)h") == "$(maximal_queue_lifetime_hours)h\n"


def test_host_names_are_shown_in_utf8() -> None:
    """With smtputf8_enable ACE labels become UTF-8."""
    assert expand_line("$myhostname", myhostname="xn--bcher-kva.test") == "bücher.test\n"


def test_host_names_stay_without_smtputf8() -> None:
    """smtputf8_enable = no."""
    settings = {"myhostname": "xn--bcher-kva.test", "smtputf8_enable": "no"}
    assert expand_line("$myhostname", **settings) == "xn--bcher-kva.test\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bad $ y", "t: bad $name syntax in delay template: bad $ y"),
        ("a ${foo", "t: bad $name syntax in delay template: a ${foo"),
        ("A $nosuch b", "t: undefined $name in delay template: A $nosuch b"),
        (
            "$delay_warning_time_years",
            't: unrecognized suffix "years" in parameter "delay_warning_time_years"',
        ),
    ],
)
def test_bad_names_are_errors(line: str, message: str) -> None:
    """Each with the reference's words."""
    with pytest.raises(ConfigError) as caught:
        expand_line(line)
    assert str(caught.value) == message


def test_a_unit_that_is_too_large_is_warned_about() -> None:
    """A delay of one second is zero hours."""
    expansion = expand_text(BUILT_IN["delay"], make_config(delay_warning_time="1s"))
    name = '"delay_warning_time_hours"'
    assert expansion.warnings == (
        f"[built-in]: zero result in delay template conversion of parameter {name}",
        f'please reduce time unit "hours" of {name} in delay template',
        "for instructions see the bounce(5) manual",
    )


def test_a_unit_that_is_too_small_is_warned_about() -> None:
    """From 1000 on."""
    template = Template("delay", "s", "$maximal_queue_lifetime_minutes\n", origin="t")
    expansion = expand_text(template, make_config(maximal_queue_lifetime="1000m"))
    assert expansion.warnings[0] == (
        't: excessive result "1000" in delay template conversion of parameter'
        ' "maximal_queue_lifetime_minutes"'
    )


def test_no_delay_warning_time_is_no_reason_to_warn() -> None:
    """Its default is 0."""
    assert expand_text(BUILT_IN["delay"], make_config()).warnings == ()


def test_header_from_format_chooses_the_form_of_the_sender() -> None:
    """postconf(5): header_from_format = obsolete."""
    template = BUILT_IN["failure"]
    obsolete = make_config(header_from_format="obsolete")
    found = (template_sender(template, make_config()), template_sender(template, obsolete))
    assert found == (
        "Mail Delivery System <MAILER-DAEMON>",
        "MAILER-DAEMON (Mail Delivery System)",
    )


def test_us_ascii_becomes_utf8_when_smtputf8_is_enabled() -> None:
    """Other charsets stay."""
    config = make_config()
    other = Template("failure", "s", "t", charset="iso-8859-1")
    found = (template_charset(BUILT_IN["failure"], config), template_charset(other, config))
    assert found == ("utf-8", "iso-8859-1")


def test_templates_are_printed_as_a_template_file() -> None:
    """postconf -t: what is printed gives the same templates when it is read."""
    again = parse(format_templates(Templates(BUILT_IN), make_config()))
    assert [again.by_name[name].text for name in templates.NAMES] == [
        BUILT_IN[name].text for name in templates.NAMES
    ]


def test_expanded_texts_are_printed_between_marks() -> None:
    """postconf -b."""
    assert format_expanded(Templates(BUILT_IN), make_config()).text.endswith(
        "\nexpanded_verify_text = <<EOF\n"
        "This is the mail system at host mail.example.test.\n\n"
        "Enclosed is the mail delivery report that you requested.\n\n"
        "                   The mail system\nEOF\n"
    )


@pytest.mark.parametrize("body", ["", "\n\n", "Subject: only headers\n", "Subject: x\n\n\n"])
def test_a_template_without_text_is_left_out(body: str) -> None:
    """Blank lines are no text."""
    found = parse(f"success_template = <<EOF\n{body}EOF\n")
    problem = "t: missing message text in success template -- ignoring this template"
    assert (found.warnings, found.by_name["success"]) == ((problem,), BUILT_IN["success"])


def test_blank_lines_before_the_text_are_not_part_of_it() -> None:
    """Those after it are."""
    found = parse("success_template = <<EOF\nSubject: x\n\n\n\ntext\n\nEOF\n")
    assert found.by_name["success"].text == "text\n\n"
