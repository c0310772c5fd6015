"""Generated messages through an installed Postfix and through us, with the same tables; what goes out is compared.

PYFIX_MESSAGES says how many are tried (without it 25, always the same ones).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.compat.test_scenarios import KIT, missing, product

__all__ = ["product"]  # the fixture

COUNT = int(os.environ.get("PYFIX_MESSAGES", "25"))
IS_FIXED = "PYFIX_MESSAGES" not in os.environ
SECONDS = 50 + COUNT

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "-"),
    pytest.mark.timeout(2 * SECONDS + 60),
]

HEAD = """# generated
== sink
== main.cf
default_transport = smtp:${sink}
myorigin = o.test
mydestination =
local_recipient_maps =
recipient_delimiter = +
propagate_unmatched_extensions = canonical, virtual, generic
canonical_maps = inline:{ {a@o.test=first.last@c.test}, {@old.test=@new.test}, {"q r"@o.test=qr@c.test} }
masquerade_domains = !shown.m.test m.test
masquerade_exceptions = root
virtual_alias_maps = inline:{ {b@new.test=c@c.test, d@c.test}, {@v.test=e@c.test} }
smtp_generic_maps = inline:{ {@c.test=@g.test}, {c@o.test=x@g.test} }
"""
TAIL = """== start
== run
for n in $(seq %d); do sendmail -i -f sender@o.test -t < m$n || echo failed; done
== wait idle
== dump sink
"""
USERS = st.sampled_from(["a", "b", "c+x", "root", '"q r"', "f.g", "h!i", "k%l.test", "a+b"])
DOMAINS = st.sampled_from(
    ["", "@o.test", "@old.test", "@v.test", "@x.m.test", "@y.shown.m.test", "@h"]
)
ADDRESSES = st.tuples(USERS, DOMAINS).map("".join)
FORMS = st.sampled_from(
    ["{}", "<{}>", "Some One <{}>", '"One, Some" <{}>', "{} (remark)", "g: {};"]
)
ITEMS = st.tuples(FORMS, ADDRESSES).map(lambda pair: pair[0].format(pair[1]))
LISTS = st.tuples(
    st.lists(ITEMS, min_size=1, max_size=6), st.sampled_from([", ", ",", ",\n  "])
).map(lambda pair: pair[1].join(pair[0]))
NAMES = st.sampled_from(["Cc", "To", "Reply-To", "Sender", "Errors-To", "X-Other"])
HEADERS = st.tuples(NAMES, st.sampled_from([": ", ":", ":\t"]), LISTS).map("".join)
MESSAGES = st.lists(HEADERS, min_size=1, max_size=5).map(
    lambda lines: "To: to@far.test\n" + "\n".join(lines) + "\n\nbody\n"
)


@settings(
    max_examples=2,  # the first one is the simplest that there is
    deadline=None,
    database=None,
    derandomize=IS_FIXED,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(messages=st.lists(MESSAGES, min_size=COUNT, max_size=COUNT))
def test_messages(
    product: Path, tmp_path_factory: pytest.TempPathFactory, messages: list[str]
) -> None:
    """Headers, envelope and expansion are the same."""
    files = "".join(f"== file m{n}\nX-Number: {n}\n{text}" for n, text in enumerate(messages, 1))
    scenario = tmp_path_factory.mktemp("messages") / "messages.scn"
    scenario.write_text(HEAD + files + TAIL % COUNT)
    options = ["--product-bin", str(product), "--timeout", str(SECONDS)]
    done = subprocess.run([KIT / "run", *options, scenario], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
