"""Messages with ugly headers, bodies and addresses, and how they come in.

``MESSAGES`` makes each on its own; ``write_scenario`` has the comparison kit submit many of them to one instance, and
``read_transcript`` tells what came of each of them, by its number.
"""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st


class Way(enum.Enum):
    """How a message is submitted; a value is the option of the kit's SMTP dialogue."""

    SENDMAIL = ""
    LOCAL = "from=127.0.0.1"  # its headers are completed
    REMOTE = "from=192.0.2.10"  # ... and these are not (local_header_rewrite_clients)


class Server(enum.Enum):
    """What the next hop offers, which decides what has to be converted or returned."""

    PLAIN = "extensions PIPELINING, SIZE 10240000, ENHANCEDSTATUSCODES, DSN"
    EIGHT_BIT = "extensions PIPELINING, 8BITMIME, DSN"
    UTF8 = "extensions 8BITMIME, SMTPUTF8"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: the way in, recipients for SMTP (sendmail -t finds its own), and the content with bare line feeds."""

    way: Way
    recipients: tuple[str, ...]
    content: bytes


SETTINGS = """default_transport = smtp:${sink}
myorigin = o.test
mydestination =
mynetworks = 127.0.0.0/8, 192.0.2.0/24
local_recipient_maps =
recipient_delimiter = +
header_size_limit = 4000
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
propagate_unmatched_extensions = canonical, virtual, generic
canonical_maps = inline:{ {a@o.test=first.last@c.test}, {@old.test=@new.test}, {"q r"@o.test=qr@c.test} }
masquerade_domains = !shown.m.test m.test
masquerade_exceptions = root
virtual_alias_maps = inline:{ {b@new.test=c@c.test, d@c.test}, {@v.test=e@c.test} }
smtp_generic_maps = inline:{ {@c.test=@g.test}, {c@o.test=x@g.test} }
header_checks = regexp:{ {/^x-cut:/ IGNORE}, {/^x-swap:(.*)/ REPLACE X-Swapped:$1} }
mime_header_checks = regexp:{ {/^content-type:.*name=(.*)/ PREPEND X-Part: $1} }
nested_header_checks = regexp:{ {/^subject:(.*)/ PREPEND X-Inner:$1} }
body_checks = regexp:{ {/^cut/ IGNORE}, {/^swap(.*)/ REPLACE swapped$1}, {/^two/ PREPEND one} }
"""

# Addresses.

_USERS = st.sampled_from(
    ["a", "b", "c+x", "root", '"q r"', "f.g", "h!i", "k%l.test", "a+b", "A", "", '""', "a..b", ".a"]
    + [
        '"a\\"b"',
        "q r",
        "\xe9",
        "a@b",
        '"a@b"',
        "-x",
        "x" * 70,
        "a(b)c",
        '"a".b',
        "+x",
        "a\\,b",
        "?",
    ]
)
_DOMAINS = st.sampled_from(
    ["", "@o.test", "@old.test", "@v.test", "@x.m.test", "@y.shown.m.test", "@h", "@", "@O.TEST"]
    + ["@[192.0.2.1]", "@x.test.", "@a..test", "@\xfcber.test", " @ o . test", "@o.test(c)", "@h!x"]
)
_PLAIN = st.tuples(_USERS, _DOMAINS).map("".join)
_ADDRESSES = st.one_of(
    _PLAIN, _PLAIN, _PLAIN, _PLAIN.map("@r.test,@s.test:{}".format), st.sampled_from(["", "@", "<"])
)
_FORMS = st.sampled_from(
    ["{}", "<{}>", "Some One <{}>", '"One, Some" <{}>', "{} (remark)", "g: {};", "J. Doe <{}>"]
    + ["(a (b) c) {}", "=?utf-8?q?J=C3=B6?= <{}>", "J\xf6rg <{}>", "<{}> tail", '"open <{}>', "({}"]
    + ["{};", "g:;, {}", "<<{}>>", "a\n <{}>", "\\<{}>", "[{}]", "{}\t(x\n y)"]
)
_ITEMS = st.tuples(_FORMS, _ADDRESSES).map(lambda pair: pair[0].format(pair[1]))
_LISTS = st.tuples(
    st.lists(_ITEMS, min_size=1, max_size=6), st.sampled_from([", ", ",", ",\n  ", ", ,", " ", ";"])
).map(lambda pair: pair[1].join(pair[0]))

# Headers.

_COLONS = st.sampled_from([": ", ":", ":\t", " : ", ":\n ", ":  "])
_ADDRESS_NAMES = st.sampled_from(
    ["Cc", "To", "From", "Reply-To", "Sender", "Errors-To", "X-Other", "Bcc", "Return-Path", "cC"]
    + [
        "Resent-To",
        "Resent-From",
        "Resent-Cc",
        "Apparently-To",
        "Return-Receipt-To",
        "Mail-Copies-To",
    ]
    + ["Disposition-Notification-To", "Resent-Bcc", "Resent-Sender", "Resent-Reply-To"]
)
_NAMES = st.sampled_from(
    ["Subject", "Date", "Message-ID", "Received", "X-Cut", "X-Swap", "Content-Length", "Full-Name"]
    + ["Delivered-To", "Resent-Date", "Resent-Message-Id", "MIME-Version", "Comments", "x" * 80]
    + ["Content-Type", "Content-Transfer-Encoding", "Precedence", "X.Y/Z", "X\xe9", "Subject\x00"]
)
_WORDS = st.sampled_from(
    [
        "word",
        "",
        " ",
        "  two ",
        "caf\xe9",
        "\u2028",
        "=?iso-8859-1?q?a=E4?=",
        "\t",
        "x" * 1200,
        "\x00",
    ]
    + [
        "a\rb",
        "\x7f\x1b[0m",
        "\n ",
        "\n\t",
        "\n \n ",
        "wort " * 300,
        "<x@y>",
        "8bit",
        "base64",
        "\r\n ",
    ]
    + [
        "text/plain; name=a",
        "multipart/mixed; boundary=b",
        "\n  tail  ",
        '"',
        "(",
        "\x0b\x0c\x1c\x85",
    ]
)
_VALUES = st.lists(_WORDS, max_size=4).map("".join)
_ADDRESS_HEADERS = st.tuples(_ADDRESS_NAMES, _COLONS, _LISTS).map("".join)
_PLAIN_HEADERS = st.tuples(_NAMES, _COLONS, _VALUES).map("".join)
_BAD_LINES = st.sampled_from(
    [
        "no colon here",
        ": nameless",
        "Two Words: x",
        "From a@b Mon Jan 1 00:00:00 2024",
        ">From x",
        "X:",
    ]
    + [" folded from nothing", "-x: y", "\ttab: z", "Sub\tject: x", "\r", ".", "..dots: x"]
)
_HEADERS = st.lists(
    st.one_of(*[_ADDRESS_HEADERS] * 8, *[_PLAIN_HEADERS] * 6, _BAD_LINES), min_size=1, max_size=6
)

# Bodies.

_LINES = st.sampled_from(
    [
        "body",
        "",
        ".",
        "..",
        ".x",
        "cut this",
        "swap this",
        "two of these",
        "From a",
        ">From b",
        "\xe9\xff",
    ]
    + ["x" * 3000, "\xe4" * 1500, "trailing  ", "\ttab\t", "a\rb", "\x00nul", "=3D", "--b", "--b--"]
    + ["word " * 300, "\r", "-- ", "\x85\u2028", "To: x@y", " ", "y" * 998, "y" * 999, "\x1a"]
)
_TEXTS = st.lists(_LINES, max_size=8).map("\n".join)
_ENCODINGS = st.sampled_from(
    ["", "Content-Transfer-Encoding: 8bit\n", "Content-Transfer-Encoding: 7bit\n"]
    + ["Content-Transfer-Encoding: quoted-printable\n", "content-transfer-encoding:\n  Binary\n"]
    + ["Content-Transfer-Encoding: base64\n", "Content-Transfer-Encoding: odd\n"]
)
_TYPES = st.sampled_from(
    ["", "Content-Type: text/plain; charset=utf-8\n", "Content-Type: text/html; name=a.html\n"]
    + ['Content-Type: application/x;\n\tname="b c"\n', "Content-Type: bad\n", "Content-Type: ;;=\n"]
    + [
        "Content-Disposition: attachment; filename=x\n",
        "no header\n",
        "Subject: inner\n",
        " fold\n",
    ]
)
_LEAVES = st.tuples(_TYPES, _ENCODINGS, _TEXTS).map(lambda part: f"{part[0]}{part[1]}\n{part[2]}\n")
_BOUNDARIES = st.sampled_from(["b", "b b", "b=_x", "B", "bb", "'", "b" * 70])
_KINDS = st.sampled_from(["mixed", "alternative", "digest", "related", "MIXED"])


@st.composite
def _multiparts(draw: st.DrawFn, parts: st.SearchStrategy[str]) -> str:
    """Parts between boundaries, of which the last may be missing."""
    boundary = draw(_BOUNDARIES)
    quoted = draw(
        st.sampled_from([f'"{boundary}"', boundary, f'"{boundary}" (c)', f'"{boundary}"; x=y'])
    )
    start = draw(st.sampled_from(["", "preamble\n", "\n"]))
    inner = "".join(f"--{boundary}\n{part}" for part in draw(st.lists(parts, max_size=3)))
    end = draw(
        st.sampled_from([f"--{boundary}--\n", f"--{boundary}--\nepilogue", "", f"--{boundary} \n"])
    )
    head = f"Content-Type: multipart/{draw(_KINDS)}; boundary={quoted}\n{draw(_ENCODINGS)}"
    return f"{head}\n{start}{inner}{end}"


_WRAPPED = _LEAVES.map("Content-Type: message/rfc822\n\nSubject: wrapped\nTo: x\n{}".format)
_PARTS = st.recursive(
    st.one_of(_LEAVES, _WRAPPED),
    lambda parts: st.one_of(
        _multiparts(parts), parts.map("Content-Type: message/rfc822\n\nSubject: w\n{}".format)
    ),
    max_leaves=5,
)
_MIME = _multiparts(_PARTS).map("MIME-Version: 1.0\n{}".format)
_BODIES = st.one_of(_TEXTS.map("\n{}\n".format), _TEXTS.map("\n{}".format), _MIME, _MIME)


def _encode(text: str) -> bytes:
    """Characters up to U+00FF are bytes, which is not UTF-8; others are UTF-8."""
    return b"".join(c.encode("latin-1") if c < "\u0100" else c.encode() for c in text)


LINE_LIMIT = 998  # of a line of SMTP, smtp_line_length_limit


def _end_full_line(content: bytes) -> bytes:
    """A line that fills a line of SMTP ends, since the reference has an empty one follow it if it does not."""
    last = content.rpartition(b"\n")[2]
    is_full = bool(last) and not (len(last) - LINE_LIMIT) % (LINE_LIMIT - 1)
    return content + b"\n" * is_full


_RECIPIENTS = st.lists(
    st.one_of(st.just("to@far.test"), _ADDRESSES.map(lambda a: a.replace("\xe9", "e"))),
    min_size=1,
    max_size=3,
).map(tuple)
_CONTENTS = st.tuples(_HEADERS, _BODIES).map(
    lambda pair: "To: to@far.test\n" + "\n".join(pair[0]) + "\n" + pair[1]
)
_UTF8 = st.booleans()
MESSAGES = st.builds(
    lambda way, recipients, text, utf8: Message(
        way, recipients, _end_full_line(text.encode() if utf8 else _encode(text))
    ),
    st.sampled_from(Way),
    _RECIPIENTS,
    _CONTENTS,
    _UTF8,
)


def write_scenario(messages: Mapping[int, Message], server: Server) -> str:
    """A scenario of the kit that submits the messages and shows where they went."""
    parts = [f"# generated\n== sink\n{server.value}\n== main.cf\n{SETTINGS}"]
    parts += [_write_file(number, message) for number, message in messages.items()]
    parts.append("== start\n== run\n")
    parts += [
        f"echo m{n}; sendmail -i -f sender@o.test -t < m{n}\n"
        for n, message in messages.items()
        if message.way is Way.SENDMAIL
    ]
    parts += [_write_dialogue(messages, way) for way in (Way.LOCAL, Way.REMOTE)]
    parts.append("== wait idle timeout=60\n== dump sink\n")
    return "".join(parts)


def _write_file(number: int, message: Message) -> str:
    """A file section; what the kit would read as its own syntax is escaped."""
    content = b"X-Number: %d\n%s" % (number, message.content)
    text = "".join(
        chr(c) if c == 0x0A or (0x20 <= c < 0x7F and chr(c) not in "\\$=") else f"\\x{c:02x}"
        for c in content
    )
    # Empty lines at the end are the kit's, the last line feed is ours.
    return f"== file m{number} escapes=yes eol=no\n{_escape_end(text)}\n"


def _escape_end(text: str) -> str:
    stripped = text.rstrip("\n ")
    return stripped + text[len(stripped) :].replace("\n", "\\x0a").replace(" ", "\\x20")


def _write_dialogue(messages: Mapping[int, Message], way: Way) -> str:
    chosen = {n: message for n, message in messages.items() if message.way is way}
    if not chosen:
        return ""
    lines = [f"== smtp {way.value}", "EHLO client.test"]
    for number, message in chosen.items():
        lines += [f"NOOP m{number}", "MAIL FROM:<sender@o.test>"]
        lines += [f"RCPT TO:<{_escape(recipient)}>" for recipient in message.recipients]
        lines += ["DATA", f"!file m{number}", ".", "RSET"]
    return "\n".join([*lines, "QUIT"]) + "\n"


def _escape(recipient: str) -> str:
    """An address on a command line of the kit."""
    return "".join(c if " " <= c < "\x7f" else f"\\x{ord(c):02x}" for c in recipient)


# sendmail finds no recipient; the postdrop that it started says so if it has been given more than a buffer by then.
_BROKEN_OFF = re.compile(
    r"^2> postdrop: (warning: stdin: unexpected EOF in data|fatal: uid=\d+: malformed input).*\n",
    re.M,
)


def read_transcript(transcript: str) -> dict[int, list[str]]:
    """What was answered and what arrived, from the kit's output, by the numbers of the messages (0: whatever belongs to none)."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    _, _, transcript = transcript.partition("\n== start")
    submission, _, arrived = transcript.partition("\n== sink ")
    for part in re.split(r"^(?=(?:C: NOOP )?m\d+$)", submission, flags=re.M):
        match = re.match(r"(?:C: NOOP )?m(\d+)\n", part)
        found[int(match[1]) if match else 0].append(_without_ids(re.sub(_BROKEN_OFF, "", part)))
    for record in re.split(r"^-- \d+\n", arrived, flags=re.M)[1:]:
        match = re.search(r"^X-Number: (\d+)$", record, flags=re.M)
        found[int(match[1]) if match else 0].append(_without_ids(record))
    return {number: sorted(records) for number, records in found.items()}


def _without_ids(text: str) -> str:
    """The kit numbers queue ids through the whole transcript, so one difference would change all that follow."""
    return re.sub(r"\bQID[0-9?]+", "QID", text)
