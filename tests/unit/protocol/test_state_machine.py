"""S6: whatever is said and refused, content is taken only for a sender and recipients of now."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pyfixcli.mail.reply import Reply
from pyfixcli.protocol.events import Question
from tests.support.smtp_session import Session, make_settings

CODES = st.sampled_from([0, 0, 0, 450, 550])


class Dialogue(RuleBasedStateMachine):
    """A client that says anything, and a policy that refuses anything."""

    def __init__(self) -> None:
        super().__init__()
        self.code = 0
        self.session = Session(
            make_settings(
                hard_error_limit=10**6,
                soft_error_limit=10**6,
                message_size_limit=1000,
                forbid_unauth_pipelining=False,
            ),
            decide=self.decide,
        )
        self.sender = ""
        self.recipients: list[str] = []
        self.number = 0
        self.in_chunks = False

    def decide(self, question: Question) -> Reply:
        """Refuse what comes with this code, if it is not 0."""
        if self.code:
            return Reply(self.code, f"{self.code // 100}.7.1", "no")
        return question.accept

    def say(self, line: str, code: int = 0) -> int:
        """The code of the reply."""
        self.code = code
        reply = self.session.say(line)[0]
        self.code = 0
        return int(reply[:3])

    def forget(self) -> None:
        """The transaction is over."""
        self.sender, self.recipients, self.in_chunks = "", [], False

    @rule(verb=st.sampled_from(["HELO x.test", "EHLO x.test"]), code=CODES)
    def greet(self, verb: str, code: int) -> None:
        """Ends a transaction if granted."""
        if self.say(verb, code) == 250:
            self.forget()

    @rule()
    def reset(self) -> None:
        """Ends it."""
        assert self.say("RSET") == 250
        self.forget()

    @rule(code=CODES, tail=st.sampled_from(["", " SIZE=99999", " SIZE=x", " FOO"]))
    def mail(self, code: int, tail: str) -> None:
        """Begins one, but not within another."""
        self.number += 1
        sender = f"s{self.number}@example.org"
        was_open = bool(self.sender) or self.in_chunks
        if self.say(f"MAIL FROM:<{sender}>{tail}", code) == 250:
            assert not was_open and not code and not tail
            self.sender = sender

    @rule(code=CODES)
    def rcpt(self, code: int) -> None:
        """Needs a sender."""
        self.number += 1
        recipient = f"r{self.number}@example.test"
        if self.say(f"RCPT TO:<{recipient}>", code) == 250:
            assert self.sender and not code and not self.in_chunks
            self.recipients.append(recipient)

    @rule(start=CODES, end=CODES, size=st.sampled_from([1, 2000]))
    def data(self, start: int, end: int, size: int) -> None:
        """Needs both; ends the transaction, whatever is said of the message."""
        before = len(self.session.messages)
        if self.say("DATA", start) != 354:
            assert start or not self.recipients or self.in_chunks
            return
        assert self.sender and self.recipients and not self.in_chunks
        self.code = end
        self.session.feed(b"x" * size + b"\r\n.\r\n")
        self.code = 0
        self.check_message(before, bool(end))
        self.forget()

    def check_message(self, before: int, is_refused: bool) -> None:
        """What was queued is what was agreed."""
        found = self.session.messages[before:]
        assert len(found) == (0 if is_refused else 1)
        for message in found:
            assert message.sender == self.sender
            assert list(message.recipients) == self.recipients

    @rule(code=CODES, is_last=st.booleans(), size=st.sampled_from([1, 5, 2000]))
    def bdat(self, code: int, is_last: bool, size: int) -> None:
        """The same in chunks; a failure lasts until the last one."""
        before = len(self.session.messages)
        self.code = code
        last = b" LAST" if is_last else b""
        reply = self.session.feed(b"BDAT %d%b\r\n" % (size, last) + b"x" * size)
        self.code = 0
        if reply.startswith(b"250"):
            assert self.sender and self.recipients
        self.in_chunks = True
        if is_last:
            if len(self.session.messages) > before:
                self.check_message(before, False)
            self.forget()

    @rule(line=st.sampled_from(["NOOP", "VRFY x", "FOO", "STARTTLS", "ETRN x.test", "DATA x"]))
    def other(self, line: str) -> None:
        """Changes nothing."""
        self.say(line)

    @precondition(lambda self: not self.sender)
    @rule()
    def no_data_without_sender(self) -> None:
        """A message that was refused or sent leaves nothing behind."""
        assert self.say("DATA") >= 400

    @invariant()
    def goes_on(self) -> None:
        """Nothing of this ends the session."""
        assert not self.session.is_closed


Dialogue.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestS6StateMachine = Dialogue.TestCase
