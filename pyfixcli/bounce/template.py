"""The texts of notices (bounce(5)): header and explanation for each kind."""

from __future__ import annotations

from dataclasses import dataclass

from pyfixcli.config.snapshot import Config


@dataclass(frozen=True, slots=True)
class Template:
    """From and Subject of a notice, and the text before the list of recipients."""

    sender: str
    subject: str
    postmaster_subject: str
    text: str


_HELP = """\
For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system
"""

FAILURE = Template(
    "MAILER-DAEMON (Mail Delivery System)",
    "Undelivered Mail Returned to Sender",
    "Postmaster Copy: Undelivered Mail",
    """\
This is the mail system at host {myhostname}.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

"""
    + _HELP,
)
DELAY = Template(
    "MAILER-DAEMON (Mail Delivery System)",
    "Delayed Mail (still being retried)",
    "Postmaster Warning: Delayed Mail",
    """\
This is the mail system at host {myhostname}.

####################################################################
# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
####################################################################

Your message could not be delivered for more than {delay_warning_time_hours} hour(s).
It will be retried until it is {maximal_queue_lifetime_days} day(s) old.

"""
    + _HELP,
)
SUCCESS = Template(
    "MAILER-DAEMON (Mail Delivery System)",
    "Successful Mail Delivery Report",
    "",
    """\
This is the mail system at host {myhostname}.

Your message was successfully delivered to the destination(s)
listed below. If the message was delivered to mailbox you will
receive no further notifications. Otherwise you may still receive
notifications of mail delivery errors from other systems.

                   The mail system
""",
)


def explanation(template: Template, config: Config) -> str:
    """The text with the values of this system."""
    return template.text.format(
        myhostname=config.myhostname,
        delay_warning_time_hours=int(config.delay_warning_time // 3600),
        maximal_queue_lifetime_days=int(config.maximal_queue_lifetime // 86400),
    )
