"""Address mapping and header checks in cleanup. Expected values were read off the reference."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pyfixcli.base.clock import SystemClock
from pyfixcli.cleanup.outcome import Accepted, Discarded, Outcome, Refused
from pyfixcli.cleanup.pipeline import Cleanup
from pyfixcli.config.load import load_config
from pyfixcli.ipc.driver import drive
from pyfixcli.log.maillog import MailLog
from pyfixcli.mail.envelope import FLAG_HOLD, Origin
from pyfixcli.mail.recipient import DONE, NOTIFY_NEVER, NOTIFY_SUCCESS, PENDING, Recipient
from pyfixcli.maps.lookup import BlockingWaiter
from pyfixcli.rewrite.rewrite import Rewriter

BASE = "compatibility_level=3.6\nmyhostname=mail.example.test\nmydestination=example.test,$myhostname\n"


class Lines:
    """Collects what is written, to the log or to the queue."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        """Take octets."""
        self.data += data

    def close(self) -> None:
        """Nothing to release."""


class Run:
    """One message through cleanup: what went to the queue, to the log, and what came of it."""

    def __init__(self, place: Path, settings: str, origin: Origin, text: bytes) -> None:
        (place / "main.cf").write_text(BASE + settings)
        config = load_config(str(place))
        log = Lines()
        mail_log = MailLog(log, "postfix", "mail", SystemClock())  # type: ignore[arg-type]
        cleanup = Cleanup(config, Rewriter(config), mail_log, BlockingWaiter())
        sink = Lines()
        message = cleanup.begin(origin, "2BFB71051", sink)

        async def go() -> Outcome:
            await message.feed(text)
            return await message.finish()

        self.outcome = drive(go())
        self.content = sink.data.decode()
        self.log = log.data.decode()

    @property
    def recipients(self) -> list[Recipient]:
        """Those of the accepted message."""
        assert isinstance(self.outcome, Accepted)
        return list(self.outcome.envelope.recipients)

    @property
    def addresses(self) -> list[str]:
        """Their addresses."""
        return [recipient.address for recipient in self.recipients]


def from_smtp(sender: str, *recipients: str, notify: int = 0) -> Origin:
    """A message that a client brought."""
    return Origin(
        service="smtpd",
        sender=sender,
        recipients=tuple(Recipient(address, "", notify) for address in recipients),
        arrival_time=1795493378.0,
        client_name="localhost",
        client_address="127.0.0.1",
        helo="client.test",
        protocol="ESMTP",
    )


def from_sendmail(sender: str, *recipients: str) -> Origin:
    """A message that a user of this system sent."""
    return msgspec.structs.replace(
        from_smtp(sender, *recipients),
        service="pickup",
        client_name="",
        client_address="",
        helo="",
        protocol="",
    )


TEXT = b"Subject: x\nFrom: a@one.test\nTo: a@one.test\n\nx\n"
CANONICAL = (
    "sender_canonical_maps=inline:{{a@one.test=s@one.test}}\n"
    "recipient_canonical_maps=inline:{{a@one.test=r@one.test}}\n"
    "canonical_maps=inline:{{s@one.test=final-s@two.test},{r@one.test=final-r@two.test}}\n"
)


def test_canonical_maps_apply_in_order_everywhere(place: Path) -> None:
    """The sender or recipient tables first, then canonical_maps; in envelope and header."""
    run = Run(place, CANONICAL, from_smtp("a@one.test", "a@one.test"), TEXT)
    assert isinstance(run.outcome, Accepted)
    assert run.outcome.envelope.sender == "final-s@two.test"
    assert run.addresses == ["final-r@two.test"]
    assert "From: final-s@two.test\nTo: final-r@two.test\n" in run.content


def test_canonical_classes_limit_where_tables_apply(place: Path) -> None:
    """Only the classes that are named."""
    settings = (
        CANONICAL + "sender_canonical_classes=envelope_sender\ncanonical_classes=header_recipient\n"
    )
    run = Run(place, settings, from_smtp("a@one.test", "a@one.test"), TEXT)
    assert isinstance(run.outcome, Accepted)
    assert (run.outcome.envelope.sender, run.addresses) == ("s@one.test", ["r@one.test"])
    assert "From: a@one.test\nTo: final-r@two.test\n" in run.content


@pytest.mark.parametrize("name", ["canonical_classes", "masquerade_classes"])
def test_with_an_unknown_class_nothing_is_accepted(place: Path, name: str) -> None:
    """Only mail is kept out; what is wrong is said in the words of the reference."""
    run = Run(place, f"{name}=bogus\n", from_smtp("a", "b"), TEXT)
    assert isinstance(run.outcome, Refused)
    assert f'unknown {name} value "bogus" in "bogus"' in run.log


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ("carl", "carl.long@example.test"),
        ("carl@example.test", "carl.long@example.test"),
        ("carl@other.test", "carl@other.test"),
        ("any+x@catch.test", "any+x@caught.test"),
        ("ext+tag@ext.test", "exact@out.test"),
        ("ext+other@ext.test", "base+other@out.test"),
        ("who+x@mine.test", "everybody@out.test"),
        ("plususer+foo", "plus.user+foo@out.test"),
        ("UPPER@case.test", "folded@out.test"),
        ("self@in.test", "self@in.test"),
    ],
)
def test_lookup_forms(place: Path, given: str, result: str) -> None:
    """Whole addresses, users of this system, domains, extensions."""
    table = (
        "recipient_delimiter=+\ncanonical_maps=inline:{{carl=carl.long@example.test},"
        "{@catch.test=@caught.test},{ext+tag@ext.test=exact@out.test},{ext@ext.test=base@out.test},"
        "{@mine.test=everybody@out.test},{plususer=plus.user@out.test},"
        "{upper@case.test=folded@out.test},{self@in.test=self@in.test}}\n"
    )
    assert Run(place, table, from_smtp("s@x.test", given), TEXT).addresses == [result]


def test_a_loop_leaves_the_address_alone(place: Path) -> None:
    """And says that the message is not accepted, although it is."""
    table = "canonical_maps=inline:{{p@x.test=q@x.test},{q@x.test=p@x.test}}\n"
    run = Run(place, table, from_smtp("s@x.test", "p@x.test"), TEXT)
    assert run.addresses == ["p@x.test"]
    line = (
        "warning: 2BFB71051: unreasonable canonical_maps map nesting for p@x.test -- "
        "message not accepted, try again later"
    )
    assert line in run.log


@pytest.mark.parametrize("parameter", ["canonical_maps", "recipient_bcc_maps", "header_checks"])
def test_a_table_that_fails_refuses_the_message(place: Path, parameter: str) -> None:
    """For now."""
    run = Run(place, f"{parameter}=fail:x\n", from_smtp("s@x.test", "p@x.test"), TEXT)
    assert run.outcome == Refused(75, "4.3.0", "queue file write error")
    assert f"{parameter} map lookup problem" in run.log


@pytest.mark.parametrize(
    ("domains", "address", "result"),
    [
        ("a.b.c,b.c", "xxx@aa.a.b.c", "xxx@a.b.c"),
        ("a.b.c,b.c", "xxx@AA.A.B.C", "xxx@a.b.c"),
        ("!a.b.c,b.c", "xxx@aa.a.b.c", "xxx@aa.a.b.c"),
        ("!a.b.c,b.c", "xxx@a.b.c", "xxx@a.b.c"),
        ("b.c", "xxx@b.c", "xxx@b.c"),
        ("b.c", "ROOT@x.b.c", "ROOT@x.b.c"),
        ("b.c", "root+x@x.b.c", "root+x@b.c"),
        ("b.c", "x@xb.c", "x@xb.c"),
    ],
)
def test_masquerading(place: Path, domains: str, address: str, result: str) -> None:
    """The first domain that fits decides; exceptions are users."""
    settings = f"masquerade_domains={domains}\nmasquerade_exceptions=root\n"
    run = Run(place, settings, from_smtp(address, "p@y.test"), TEXT)
    assert isinstance(run.outcome, Accepted)
    assert run.outcome.envelope.sender == result


VIRTUAL = (
    "virtual_alias_maps=inline:{{list@v.test=alice@example.test bob@example.test},"
    "{nested@v.test=list@v.test, out@away.test},{self@v.test=self@v.test, alice@example.test},"
    '{ring1@v.test=ring2@v.test},{ring2@v.test=ring1@v.test},{"quoted name"@v.test=bob@example.test},'
    "{one@v.test=alice}}\n"
)


@pytest.mark.parametrize(
    ("given", "results"),
    [
        ("list@v.test", ["alice@example.test", "bob@example.test"]),
        ("nested@v.test", ["alice@example.test", "out@away.test", "bob@example.test"]),
        ("self@v.test", ["self@v.test", "alice@example.test"]),
        ("quoted name@v.test", ["bob@example.test"]),
        ("one@v.test", ["alice@mail.example.test"]),
    ],
)
def test_virtual_aliases(place: Path, given: str, results: list[str]) -> None:
    """Expansion is recursive, and stops at an address that gives itself."""
    assert Run(place, VIRTUAL, from_smtp("s@x.test", given), TEXT).addresses == results


def test_aliases_that_go_round_refuse_the_message(place: Path) -> None:
    """With a code of their own."""
    run = Run(place, VIRTUAL, from_smtp("s@x.test", "ring1@v.test"), TEXT)
    assert run.outcome == Refused(75, "4.6.0", "Alias expansion error")
    assert "unreasonable virtual_alias_maps map nesting for ring1@v.test" in run.log


def test_too_many_aliases_refuse_the_message(place: Path) -> None:
    """virtual_alias_expansion_limit."""
    settings = VIRTUAL + "virtual_alias_expansion_limit=1\n"
    run = Run(place, settings, from_smtp("s@x.test", "list@v.test"), TEXT)
    assert "unreasonable virtual_alias_maps map expansion size for list@v.test" in run.log


def test_an_expanded_recipient_keeps_what_it_was(place: Path) -> None:
    """orig_to= and ORCPT name the alias."""
    found = Run(place, VIRTUAL, from_smtp("s@x.test", "list@v.test"), TEXT).recipients[1]
    assert (found.original, found.orcpt) == ("list@v.test", "rfc822;list@v.test")


def test_an_alias_of_several_is_reported_as_expanded(place: Path) -> None:
    """And success is reported once, not for each of them (RFC 3461 section 5.2.7.3)."""
    origin = from_smtp("s@x.test", "list@v.test", notify=NOTIFY_SUCCESS)
    run = Run(place, VIRTUAL, origin, TEXT)
    assert isinstance(run.outcome, Accepted)
    assert [recipient.address for recipient in run.outcome.expanded] == ["list@v.test"]
    assert {recipient.notify for recipient in run.recipients} == {NOTIFY_NEVER}


BCC = (
    "always_bcc=all@archive.test\n"
    "sender_bcc_maps=inline:{{s@x.test=sent@archive.test}}\n"
    "recipient_bcc_maps=inline:{{@y.test=got@archive.test}}\n"
)


def test_automatic_copies(place: Path) -> None:
    """For the recipient, the sender, and always; nobody is told of them."""
    found = Run(place, BCC, from_smtp("s@x.test", "p@y.test", "q@y.test"), TEXT).recipients
    assert [(r.address, r.notify) for r in found] == [
        ("p@y.test", 0),
        ("got@archive.test", NOTIFY_NEVER),
        ("q@y.test", 0),
        ("sent@archive.test", NOTIFY_NEVER),
        ("all@archive.test", NOTIFY_NEVER),
    ]


def test_no_copies_of_what_the_mail_system_sends(place: Path) -> None:
    """Notices are not copied."""
    origin = msgspec.structs.replace(from_smtp("", "p@y.test"), service="bounce", copied=False)
    assert Run(place, BCC, origin, TEXT).addresses == ["p@y.test"]


def checks(place: Path, rule: str, origin: Origin | None = None) -> Run:
    """A message with one header_checks rule."""
    (place / "hc").write_text(f"/^Subject: x/ {rule}\n")
    settings = f"header_checks=regexp:{place}/hc\n"
    return Run(place, settings, origin or from_smtp("s@x.test", "p@y.test"), TEXT)


def test_reject_answers_the_client(place: Path) -> None:
    """With the table's code and text, and a line in the log."""
    run = checks(place, "REJECT 5.7.9 go away")
    assert run.outcome == Refused(69, "5.7.9", "go away")
    assert (
        "2BFB71051: reject: header Subject: x from localhost[127.0.0.1]; from=<s@x.test> to=<p@y.test> "
        "proto=ESMTP helo=<client.test>: 5.7.9 go away\n"
    ) in run.log


def test_reject_returns_what_a_user_sent(place: Path) -> None:
    """Only its header: the message is accepted, to be returned."""
    run = checks(place, "REJECT", from_sendmail("s@x.test", "p@y.test"))
    assert isinstance(run.outcome, Accepted)
    assert run.outcome.envelope.refusal == "5.7.1 message content rejected"
    assert "Subject: x" in run.content and "\n\nx\n" not in run.content


def test_discard_throws_away(place: Path) -> None:
    """And says that all is well."""
    assert checks(place, "DISCARD").outcome == Discarded()


def test_hold(place: Path) -> None:
    """Straight to the hold queue."""
    outcome = checks(place, "HOLD look at it").outcome
    assert isinstance(outcome, Accepted) and outcome.envelope.flags & FLAG_HOLD


def test_what_is_refused_is_not_held(place: Path) -> None:
    """A later REJECT stands over a HOLD: the sender hears of it at once."""
    (place / "hc").write_text("/^Subject: x/ HOLD\n/^From:/ REJECT\n")
    origin = from_sendmail("s@x.test", "p@y.test")
    run = Run(place, f"header_checks=regexp:{place}/hc\n", origin, TEXT)
    assert isinstance(run.outcome, Accepted)
    assert run.outcome.envelope.refusal and not run.outcome.envelope.flags & FLAG_HOLD


def test_redirect_is_for_the_first_recipient(place: Path) -> None:
    """The others are kept for listings only."""
    origin = from_smtp("s@x.test", "p@y.test", "q@y.test")
    run = checks(place, "REDIRECT z@z.test", origin)
    assert isinstance(run.outcome, Accepted) and run.outcome.envelope.redirect == "z@z.test"
    assert [(r.address, r.status) for r in run.recipients] == [
        ("p@y.test", PENDING),
        ("q@y.test", DONE),
    ]


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (["zed@a.test", "alice@example.test"], "zed@a.test"),
        (["carol@example.test", "zed@a.test", "alice@z.test"], "zed@a.test"),
        (["zoe@y.test", "abe@y.test"], "abe@y.test"),
        (["Zoe@y.test", "bo@Y.test"], "Zoe@y.test"),
        (["ab@b.a.test", "ab@a.z.test"], "ab@a.z.test"),
    ],
)
def test_redirect_is_for_the_first_by_domain_and_name(
    place: Path, recipients: list[str], expected: str
) -> None:
    """The order that the scheduler of the reference brings recipients into."""
    run = checks(place, "REDIRECT z@z.test", from_smtp("s@x.test", *recipients))
    assert [r.address for r in run.recipients] == recipients
    assert [r.address for r in run.recipients if r.status == PENDING] == [expected]


def test_pass_ends_all_checks(place: Path) -> None:
    """PASS is for the rest of the message, whatever it has asked for before."""
    (place / "hc").write_text("/^Subject: x/ PASS I know it\n/^From:/ REJECT\n")
    tables = f"header_checks=regexp:{place}/hc\nbody_checks=static:reject\n"
    run = Run(place, tables, from_smtp("s@x.test", "p@y.test"), TEXT)
    assert isinstance(run.outcome, Accepted) and not run.outcome.envelope.refusal
    assert "pass: header Subject: x from " in run.log and ": I know it\n" in run.log


def test_a_refusal_needs_a_code_of_refusals(place: Path) -> None:
    """2.X.X becomes 4.X.X."""
    run = checks(place, "REJECT 2.1.5 good code")
    assert run.outcome == Refused(75, "4.1.5", "good code")
    assert "bad DSN action in 2.1.5 good code -- need 4.x.x or 5.x.x" in run.log


def test_what_is_returned_has_its_message_id_logged(place: Path) -> None:
    """Nobody waits for an answer, so the rest of the header is read."""
    (place / "hc").write_text("/^Subject: x/ REJECT\n")
    text = TEXT.replace(b"\n\n", b"\nMessage-Id: <a@b>\n\n", 1)
    tables = f"header_checks=regexp:{place}/hc\n"
    assert "message-id=<a@b>" in Run(place, tables, from_sendmail("s@x", "p@y.test"), text).log
    assert "message-id=" not in Run(place, tables, from_smtp("s@x", "p@y.test"), text).log


def test_an_empty_result_is_a_failure(place: Path) -> None:
    """Of all tables but those of aliases."""
    (place / "hc").write_text("/^Subject: x/\n")
    run = Run(place, f"header_checks=pcre:{place}/hc\n", from_smtp("s@x", "p@y.test"), TEXT)
    assert run.outcome == Refused(75, "4.3.0", "queue file write error")
    assert "warning: header_checks lookup of Subject: x returns an empty string result\n" in run.log
    assert "header_checks should return NO RESULT in case of NOT FOUND\n" in run.log


def test_redirect_ends_all_checks(place: Path) -> None:
    """Headers and lines after it pass as they are."""
    (place / "hc").write_text("/^Subject: x/ REDIRECT z@z.test\n/^From:/ REJECT\n")
    tables = f"header_checks=regexp:{place}/hc\nbody_checks=static:reject\n"
    run = Run(place, tables, from_smtp("s@x.test", "p@y.test"), TEXT)
    assert isinstance(run.outcome, Accepted) and not run.outcome.envelope.refusal


def test_filter_is_kept_with_the_message(place: Path) -> None:
    """For the scheduler."""
    outcome = checks(place, "FILTER smtp:[127.0.0.1]:10025").outcome
    assert isinstance(outcome, Accepted)
    assert outcome.envelope.content_filter == "smtp:[127.0.0.1]:10025"


@pytest.mark.parametrize(
    ("rule", "header"),
    [
        ("IGNORE", "From: a@one.test\n"),
        ("STRIP", "From: a@one.test\n"),
        ("PREPEND X-A: 1", "X-A: 1\nSubject: x\nFrom: a@one.test\n"),
        ("REPLACE X-B: 2", "X-B: 2\nFrom: a@one.test\n"),
        ("WARN look", "Subject: x\nFrom: a@one.test\n"),
        ("DUNNO", "Subject: x\nFrom: a@one.test\n"),
        ("FROBNICATE", "Subject: x\nFrom: a@one.test\n"),
    ],
)
def test_actions_on_the_header_itself(place: Path, rule: str, header: str) -> None:
    """What is left of it."""
    assert header in checks(place, rule).content
    assert ("Subject: x" in checks(place, rule).content) == ("Subject: x" in header)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("FROBNICATE now", "unknown command in header_checks map: FROBNICATE now"),
        ("FILTER a", "bad FILTER command a in header_checks -- need transport:destination"),
        ("BCC", 'bad BCC address "" in header_checks map -- need user@domain'),
        ("REDIRECT a", 'bad REDIRECT target "a" in header_checks map -- need user@domain'),
        ("PREPEND", "PREPEND action without text in header_checks map"),
        ("REPLACE", "REPLACE action without text in header_checks map"),
    ],
)
def test_bad_actions_are_warned_about(place: Path, rule: str, line: str) -> None:
    """With the words of the reference."""
    assert "postfix/cleanup[" in (log := checks(place, rule).log) and f"warning: {line}\n" in log


def test_too_many_hops(place: Path) -> None:
    """hopcount_limit."""
    text = b"Received: x\n" * 2 + TEXT  # and the one of this system
    run = Run(place, "hopcount_limit=3\n", from_smtp("s@x.test", "p@y.test"), text)
    assert run.outcome == Refused(69, "5.4.0", "too many hops")


def test_a_table_file_is_shared_by_several_parameters(place: Path) -> None:
    """LMDB refuses to open a file twice in a process."""
    from pyfixcli.maps.lmdb_table import open_file

    with (
        open_file(str(place / "t.lmdb"), readonly=False) as environment,
        environment.begin(write=True) as txn,
    ):
        txn.put(b"p@y.test\0", b"z@y.test\0")
    table = f"lmdb:{place}/t"
    settings = f"canonical_maps={table}\nvirtual_alias_maps={table}\nrelocated_maps={table}\n"
    assert Run(place, settings, from_smtp("s@x.test", "p@y.test"), TEXT).addresses == ["z@y.test"]


def test_recipients_that_differ_in_case_only_are_one(place: Path) -> None:
    """In any alphabet, and in ORCPT; in what else was asked for they may differ."""
    people = (
        Recipient("jürgen@straße.test", "", 0, ""),
        Recipient("JÜRGEN@STRASSE.test", "", 0, ""),
        Recipient("a@b.test", "", 0, "rfc822;c@d.test"),
        Recipient("A@b.test", "", 0, "rfc822;C@d.test"),
        Recipient("a@b.test", "", 0, "rfc822;e@d.test"),
        Recipient("a@b.test", "", NOTIFY_NEVER, "rfc822;c@d.test"),
    )
    origin = msgspec.structs.replace(from_smtp("s@a.test", "x@y.test"), recipients=people)
    run = Run(place, "", origin, TEXT)
    assert run.addresses == ["jürgen@straße.test", "a@b.test", "a@b.test", "a@b.test"]
