"""virtual(8): what the tables say, and where the mail ends. Texts and codes are the reference's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyfixcli.mail.delivery import Status
from pyfixcli.mail.envelope import FLAG_PROBE, FLAG_VERIFY_ONLY
from tests.support.agent_run import OTHER, Hosted


@pytest.fixture
def base(place: Path) -> Path:
    """virtual_mailbox_base, where OTHER may write."""
    place.chmod(0o755)
    base = place / "vmail"
    base.mkdir()
    os.chown(base, OTHER.pw_uid, OTHER.pw_gid)
    return base


def hosted(base: Path, *mailboxes: str, **settings: str) -> Hosted:
    """virtual(8) with these ``address = path`` entries."""
    table = ", ".join(f"{{{entry}}}" for entry in mailboxes)
    values = {
        "virtual_mailbox_base": str(base),
        "virtual_mailbox_maps": f"inline:{{{table}}}" if mailboxes else "",
        "virtual_uid_maps": f"static:{OTHER.pw_uid}",
        "virtual_gid_maps": f"static:{OTHER.pw_gid}",
        "virtual_minimum_uid": "1",
    }
    return Hosted(**{**values, **settings})


def files(maildir: Path) -> list[Path]:
    return sorted((maildir / "new").iterdir())


# -- tables --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "mailbox"),
    [
        ("joe@v.test", "joe"),
        ("JOE@V.TEST", "joe"),
        ("joe+any@v.test", "joe"),
        ("joe+known@v.test", "known"),
        ("joe+@v.test", "joe"),
        ("else@v.test", "all"),
    ],
)
def test_the_full_address_then_without_extension_then_the_domain(
    base: Path, recipient: str, mailbox: str
) -> None:
    service = hosted(base, "joe@v.test=joe", "joe+known@v.test=known", "@v.test=all")
    (result,) = service.deliver(recipient)
    assert (result.status, result.text) == (Status.SENT, "delivered to mailbox")
    assert [path.name for path in base.iterdir()] == [mailbox]


def test_users_without_a_domain_are_not_looked_up(base: Path) -> None:
    (result,) = hosted(base, "joe=joe").deliver("joe@mail.example.test")
    assert (result.dsn, result.text) == ("5.1.1", 'unknown user: "joe@mail.example.test"')


def test_an_unknown_user_is_named_in_lower_case(base: Path) -> None:
    (result,) = hosted(base).deliver("Q S@V.test")
    assert (result.status, result.text) == (Status.BOUNCED, 'unknown user: "q s@v.test"')


def test_patterns_may_not_take_parts_of_the_address_over(base: Path, place: Path) -> None:
    (place / "patterns").write_text("/^a(.*)@v/ re/$1\n/^b.*@v/ rebox\n/^c.*@v/ c$$1\n")
    service = hosted(base, virtual_mailbox_maps=f"regexp:{place}/patterns")
    results = service.deliver("a../../x@v.test", "b+x@v.test", "c@v.test")
    assert [result.dsn for result in results] == ["5.1.1", "2.0.0", "2.0.0"]
    assert sorted(path.name for path in base.iterdir()) == ["c$1", "rebox"]
    text = "regular expression substitution is not allowed: skipping this rule"
    assert f"warning: regexp map {place}/patterns, line 1: {text}" in service.lines.texts


def test_bad_lines_of_a_table_are_told_once(base: Path, place: Path) -> None:
    (place / "boxes").write_text("joe@v.test joe\nalone\n")
    service = hosted(base, virtual_mailbox_maps=f"texthash:{place}/boxes")
    service.deliver("joe@v.test", "joe@v.test")
    text = f"warning: {place}/boxes, line 2: expected format: key whitespace value"
    assert sum(line.startswith(text) for line in service.lines.texts) == 1


@pytest.mark.parametrize(
    ("parameter", "value", "warning"),
    [
        ("virtual_uid_maps", "static:0", "bad uid 0 in virtual_uid_maps"),
        ("virtual_uid_maps", "static:-5", "bad uid -5 in virtual_uid_maps"),
        ("virtual_uid_maps", "static:12x", "bad uid 12x in virtual_uid_maps"),
        ("virtual_uid_maps", "static:99999999999", "bad uid 99999999999 in virtual_uid_maps"),
        ("virtual_uid_maps", "static:4294967295", "bad uid 4294967295 in virtual_uid_maps"),
        ("virtual_gid_maps", "static:0", "bad gid 0 in virtual_gid_maps"),
        ("virtual_gid_maps", "static:x", "bad gid x in virtual_gid_maps"),
        ("virtual_uid_maps", "", "not found in virtual_uid_maps"),
        ("virtual_gid_maps", "fail:x", "not found in virtual_gid_maps"),
    ],
)
def test_s40_ids_that_are_none_defer_the_mail(
    base: Path, parameter: str, value: str, warning: str
) -> None:
    service = hosted(base, "joe@v.test=joe", **{parameter: value})
    (result,) = service.deliver("joe@v.test")
    expected = (Status.DEFERRED, "4.3.5", "mail system configuration error")
    assert (result.status, result.dsn, result.text) == expected
    assert f"warning: recipient joe@v.test: {warning}" in service.lines.texts
    assert list(base.iterdir()) == []


def test_s40_a_uid_below_the_minimum_defers_the_mail(base: Path) -> None:
    minimum = str(OTHER.pw_uid + 1)
    service = hosted(base, "joe@v.test=joe", virtual_minimum_uid=minimum)
    assert service.deliver("joe@v.test")[0].dsn == "4.3.5"
    warning = f"recipient joe@v.test: bad uid {OTHER.pw_uid} in virtual_uid_maps"
    assert f"warning: {warning}" in service.lines.texts


def test_a_table_that_fails_defers_the_mail(base: Path) -> None:
    service = hosted(base, virtual_mailbox_maps="fail:x")
    assert service.deliver("joe@v.test")[0].dsn == "4.3.5"
    assert service.lines.texts[:2] == [
        'warning: fail:x lookup error for "joe@v.test"',
        "warning: table virtual_mailbox_maps: lookup joe@v.test: Application error",
    ]


# -- parameters ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "fatal"),
    [
        (
            {"virtual_mailbox_base": ""},
            "bad string length 0 < 1: virtual_mailbox_base = ",
        ),
        (
            {"virtual_mailbox_limit": "1000"},
            "configuration error: virtual_mailbox_limit is smaller than message_size_limit",
        ),
        (
            {"virtual_mailbox_limit": "1000", "message_size_limit": "0"},
            "configuration error: virtual_mailbox_limit is limited but message_size_limit is"
            " unlimited",
        ),
        (
            {"virtual_mailbox_lock": "dotlock, foo"},
            'unknown mailbox_delivery_lock value "foo" in "dotlock, foo"',
        ),
        (
            {"virtual_minimum_uid": "0"},
            "invalid virtual_minimum_uid parameter value 0 < 1",
        ),
    ],
)
def test_parameters_that_cannot_be_used_are_fatal(
    base: Path, settings: dict[str, str], fatal: str
) -> None:
    service = hosted(base, "joe@v.test=joe", **settings)
    (result,) = service.deliver("joe@v.test")
    assert (result.status, result.relay) == (Status.DEFERRED, "none")
    assert service.lines.texts[0] == f"fatal: {fatal}"


def test_a_status_filter_has_the_last_word(base: Path) -> None:
    service = hosted(base, virtual_delivery_status_filter="static:{4.0.0 later}")
    (result,) = service.deliver("joe@v.test")
    assert (result.status, result.dsn, result.text) == (Status.DEFERRED, "4.0.0", "later")


# -- mailboxes -----------------------------------------------------------------------


def test_a_maildir_is_made_for_its_owner_alone(base: Path) -> None:
    service = hosted(base, "joe@v.test=v.test/joe/")
    before = os.umask(0)
    try:
        results = service.deliver("Joe+x@V.test", "joe@v.test")
    finally:
        os.umask(before)
    assert [result.text for result in results] == ["delivered to maildir"] * 2
    made = [base / "v.test", base / "v.test/joe", *(base / "v.test/joe").iterdir()]
    for directory in made:
        status = directory.stat()
        assert (status.st_mode & 0o777, status.st_uid) == (0o700, OTHER.pw_uid), directory
    messages = [path.read_bytes() for path in files(base / "v.test/joe")]
    assert sorted(message.split(b"\n")[2] for message in messages) == [
        b"Delivered-To: Joe+x@V.test",
        b"Delivered-To: joe@v.test",
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files(base / "v.test/joe"))


def test_a_result_that_leads_out_of_the_base_is_followed_with_the_owners_rights(
    base: Path,
) -> None:
    """As in the reference: the table is the administrator's."""
    (result,) = hosted(base, "joe@v.test=x/../../out").deliver("joe@v.test")
    if os.geteuid() == 0:
        assert (result.status, result.dsn) == (Status.DEFERRED, "4.2.0")
        assert not (base.parent / "out").exists()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("link", "file has 2 hard links"),
        ("symlink", "file is a symbolic link"),
        ("directory", "cannot open file: Is a directory"),
        ("fifo", "cannot open file: No such device or address"),
    ],
)
def test_what_is_no_mailbox_defers_the_mail(base: Path, kind: str, problem: str) -> None:
    box = base / "box"
    if kind == "link":
        box.write_text("")
        os.link(box, base / "other")
    elif kind == "symlink":
        (base / "target").write_text("")
        box.symlink_to("target")
    elif kind == "directory":
        box.mkdir()
    else:
        os.mkfifo(box)
    for path in base.iterdir():
        os.chown(path, OTHER.pw_uid, OTHER.pw_gid, follow_symlinks=False)
    (result,) = hosted(base, "joe@v.test=box").deliver("joe@v.test")
    assert (result.dsn, result.text) == (
        "4.2.0",
        f"delivery failed to mailbox {base}/box: {problem}",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a mailbox of somebody else")
@pytest.mark.parametrize("strict", ["yes", "no"])
def test_a_mailbox_of_somebody_else(base: Path, strict: str) -> None:
    (base / "box").write_text("")
    (base / "box").chmod(0o666)
    service = hosted(base, "joe@v.test=box", strict_mailbox_ownership=strict)
    (result,) = service.deliver("joe@v.test")
    if strict == "no":
        assert result.status is Status.SENT
        return
    text = f"destination {base}/box is not owned by recipient"
    assert result.text == f"delivery failed to mailbox {base}/box: {text}"
    hint = 'specify "strict_mailbox_ownership = no" to ignore mailbox ownership mismatch'
    assert f"warning: {hint}" in service.lines.texts


@pytest.mark.parametrize(("path", "relics"), [("box", ["box"]), ("dir/", [])])
def test_a_message_beyond_the_limit_leaves_nothing(
    base: Path, path: str, relics: list[str]
) -> None:
    limits = {"virtual_mailbox_limit": "500", "message_size_limit": "500"}
    service = hosted(base, f"joe@v.test={path}", **limits)
    (result,) = service.deliver("joe@v.test", content=b"x\n" * 249)
    assert (result.status, result.dsn) == (Status.BOUNCED, "5.2.2")
    assert result.text.endswith("error writing message: File too large")
    assert [file.name for file in base.rglob("*") if file.is_file()] == relics
    assert all(file.stat().st_size == 0 for file in base.rglob("*") if file.is_file())


# -- probes, other users --------------------------------------------------------------


@pytest.mark.parametrize("flag", [FLAG_VERIFY_ONLY, FLAG_PROBE])
def test_a_probe_delivers_nothing(base: Path, flag: int) -> None:
    service = hosted(base, "joe@v.test=joe", "tim@v.test=tim/")
    results = service.deliver("joe@v.test", "tim@v.test", "no@v.test", flags=flag)
    assert [(result.status, result.dsn, result.text) for result in results] == [
        (Status.DELIVERABLE, "2.0.0", "delivers to mailbox"),
        (Status.DELIVERABLE, "2.0.0", "delivers to maildir"),
        (Status.UNDELIVERABLE, "5.1.1", 'unknown user: "no@v.test"'),
    ]
    assert list(base.iterdir()) == []


def test_an_instance_without_root_delivers_for_its_user_only(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid or 4711)
    service = hosted(base, "joe@v.test=joe", virtual_uid_maps=f"static:{os.geteuid() + 4242}")
    (result,) = service.deliver("joe@v.test")
    assert (result.status, result.dsn) == (Status.DEFERRED, "4.3.5")
    assert list(base.iterdir()) == []
