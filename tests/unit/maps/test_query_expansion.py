"""Templates of queries and results; expected values are what the reference's sqlite: tables answer."""

from __future__ import annotations

import pytest

from pyfixcli.maps.query_expansion import BadTemplate, Parts, Template, has_all


@pytest.mark.parametrize(
    ("key", "letters", "filled"),
    [
        ("user@mail.example.com", "%u|%d|%1|%2|%3|%s", "user|mail.example.com|com|example|mail|{}"),
        ("a@b@c.org", "%u|%d|%S|%U|%D", "a@b|c.org|{}|a@b|c.org"),
        ("user", "%u|%s", "user|user"),
        ("user@", "%u|%s", "user|user@"),
        ("@example.com", "%d|%1|%2", "example.com|com|example"),
        ("a@b..c", "%d|%1|%2", "b..c|c|b"),
        ("a@b.", "%d|%1", "b.|b"),
        ("k", "100%% %s", "100% k"),
    ],
)
def test_parts_of_a_key(key: str, letters: str, filled: str) -> None:
    """Each letter has its part."""
    template, parts = Template(letters), Parts(key)
    assert has_all(parts, template.letters)
    assert template.fill_key(parts, str) == filled.format(key)


@pytest.mark.parametrize(
    ("key", "letters"),
    [
        ("user", "%d"),
        ("user", "%1"),
        ("user@", "%d"),
        ("@", "%u"),
        ("@example.com", "%u"),
        ("a@.b", "%2"),
        ("a@b.", "%2"),
        ("user@a.b", "%3"),
    ],
)
def test_a_key_that_lacks_a_part(key: str, letters: str) -> None:
    """It is not asked for."""
    assert not has_all(Parts(key), Template(letters).letters)


@pytest.mark.parametrize("text", ["%", "a%", "%q", "%0", "%'", "%é"])
def test_what_is_no_template(text: str) -> None:
    """A per cent sign needs a letter that means something."""
    with pytest.raises(BadTemplate):
        Template(text)


@pytest.mark.parametrize(
    ("template", "value", "filled"),
    [
        ("%s", "u@d.org", "u@d.org"),
        (
            "%u at %d [%s] %% %U %D %S %1 %2",
            "u@d.org",
            "u at d.org [u@d.org] % k e.com k@e.com com e",
        ),
        ("x%u", "v1", "xv1"),
        ("%d", "v1", None),
        ("%u", "@d", None),
        ("const", "v1", "const"),
    ],
)
def test_results(template: str, value: str, filled: str | None) -> None:
    """Small letters are of the value, capitals and digits of the key; a value that lacks a part is passed over."""
    assert Template(template).fill_value(Parts(value), Parts("k@e.com")) == filled


def test_only_some_letters_of_a_result_want_parts_of_the_key() -> None:
    """They keep a question from being asked."""
    assert Template("%s %u %D %2").key_letters == {"D", "2"}
