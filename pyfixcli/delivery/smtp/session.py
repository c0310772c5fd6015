"""A session with a server: greeted once, then one transaction after the other.

It may be kept between transactions (smtp_connection_cache_on_demand) until it is worn
(smtp_connection_reuse_count_limit, smtp_connection_reuse_time_limit).
"""

from __future__ import annotations

from collections.abc import Iterable

from pyfixcli.config.double_bounce import is_double_bounce
from pyfixcli.delivery.smtp.answer import Answered, SessionFailure
from pyfixcli.delivery.smtp.commands import RSET
from pyfixcli.delivery.smtp.conversation import QUIT, Client, Conversation
from pyfixcli.delivery.smtp.credentials import Credentials
from pyfixcli.delivery.smtp.greeting import Welcome, greet
from pyfixcli.delivery.smtp.peer import Endpoint, Peer
from pyfixcli.delivery.smtp.tls_level import Level, judge_offers
from pyfixcli.delivery.smtp.transaction import SENDING_RSET, Transaction
from pyfixcli.mail.delivery import DeliveryRequest, RequestRecipient


class Session:
    """A conversation over one connection. ``uses`` counts its transactions."""

    def __init__(self, client: Client, peer: Peer, endpoint: Endpoint, queue_id: str) -> None:
        self.endpoint = endpoint
        self.uses = 0
        self._client = client
        self._peer = peer
        self._talk = Conversation(client, peer, endpoint, queue_id)
        self._welcome = Welcome()
        self._since = client.context.clock.now()
        self._hangs_up = False

    @property
    def is_usable(self) -> bool:
        """Whether another transaction may begin."""
        if self._hangs_up or self._talk.has_quit:
            return False
        settings = self._client.settings
        count, seconds = settings.connection_reuse_count_limit, settings.connection_reuse_time_limit
        if count and self.uses >= count:
            return False
        if seconds and self._client.context.clock.now() - self._since >= seconds:
            return False
        return self._peer.is_open

    async def greet(self, request: DeliveryRequest, level: Level, credentials: Credentials) -> None:
        """The server's greeting, and EHLO, HELO or LHLO; SessionFailure when the server refuses, or is not fit for this mail."""
        self._welcome = await greet(self._talk, request)
        offers = self._welcome.offers
        problem = judge_offers(level, offers, self.endpoint)
        problem = problem or await credentials.judge(request, self.endpoint, offers)
        if problem is not None:
            self._talk.quit()
            raise SessionFailure(Answered(problem))

    async def send(
        self,
        request: DeliveryRequest,
        recipients: list[RequestRecipient],
        content: Iterable[bytes],
        is_last: bool = False,
    ) -> tuple[dict[int, Answered], SessionFailure | None]:
        """One message: answers by index, and why recipients are left without one.

        ``is_last``: the session ends with it. StaleSession when a kept session turns out to be dead.
        """
        self._talk.queue_id = request.queue_id
        transaction = Transaction(self._talk, self._welcome, request, recipients, content, is_last)
        is_kept = self.uses > 0
        self.uses += 1
        misfit = transaction.misfit()
        if misfit is not None:
            self._hangs_up = True  # nothing was said that needs a goodbye
            return {r.index: misfit for r in recipients}, None
        try:
            if await transaction.run(is_kept):
                await self._reset(is_last)
        except SessionFailure as failure:
            return transaction.answers, failure
        return transaction.answers, None

    async def _reset(self, is_last: bool) -> None:
        """End a transaction that nobody wanted; a server that does not like it is left."""
        says_quit = is_last and self._talk.pipelines
        command = RSET + QUIT if says_quit else RSET
        self._talk.has_quit = says_quit
        try:
            reply = await self._talk.ask(command, SENDING_RSET, self._client.settings.rset_timeout)
        except SessionFailure:
            return
        if reply.kind != 2:
            self._peer.close()

    def notify(self, sender: str) -> None:
        """Tell the postmaster of what went wrong since the last call; not about mail without a sender."""
        transcript, notifier = self._talk.take_transcript(), self._client.notifier
        if transcript is None or notifier is None or not sender:
            return
        if not is_double_bounce(self._client.context.config, sender):
            notifier.notify(self.endpoint.relay, transcript)

    def drop(self) -> None:
        """Hang up without a word: something here went wrong."""
        self._peer.close()

    def quit(self) -> None:
        """Say goodbye."""
        if self._hangs_up:
            self._peer.close()
        else:
            self._talk.quit()
