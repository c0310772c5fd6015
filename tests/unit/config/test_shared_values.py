"""Values that keep every program from its start; the messages are the reference's."""

import pytest

from pyfixcli.base.errors import ConfigError
from pyfixcli.config.load import check_shared_values
from pyfixcli.config.snapshot import Config


@pytest.mark.parametrize("relayhost", ["mail.test", "MAIL.test", "$myhostname"])
def test_relayhost_is_not_this_host(relayhost: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_shared_values(Config("/nowhere", {"myhostname": "mail.test", "relayhost": relayhost}))
    words = "myhostname and relayhost parameter settings must not be identical"
    assert str(caught.value) == f"{words}: mail.test"


@pytest.mark.parametrize("relayhost", ["", "[mail.test]", "mail.test:25", "mail.test, b.test"])
def test_other_forms_of_relayhost_pass(relayhost: str) -> None:
    check_shared_values(Config("/nowhere", {"myhostname": "mail.test", "relayhost": relayhost}))
