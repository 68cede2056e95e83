"""A real SMTP server for tests, which fails, delays and drops connections on request."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

logging.getLogger("mail.log").setLevel(logging.WARNING)

DROP = "drop"
Action = str | float | Callable[[], object]
"""``DROP``, a reply such as "450 later", a delay in seconds, or a function to call."""


@dataclass
class MailServer:
    """A running server. ``faults`` has the actions at the next connection, by phase.

    The phases are connect, EHLO, MAIL, RCPT, DATA (before the text), text (after it, before the
    reply), accepted (after the reply) and QUIT. An action is used once; with ``always`` each time.
    """

    port: int = 0
    accepted: list[EmailMessage] = field(default_factory=list)
    """The messages for which the server has sent, or begun to send, its 250."""
    recipients: list[str] = field(default_factory=list)
    received: int = 0
    """The texts that arrived, also those that were not accepted."""
    connections: int = 0
    faults: dict[str, Action] = field(default_factory=dict)
    always: bool = False
    password: str = ""
    transports: list[Any] = field(default_factory=list)

    async def act(self, phase: str, smtp: Any) -> str:
        """Do what is planned for a phase; return the reply, "" for the usual one."""
        action = self.faults.get(phase, "") if self.always else self.faults.pop(phase, "")
        if action == DROP:
            smtp.transport.abort()
            raise asyncio.CancelledError
        if isinstance(action, str):
            return action
        if isinstance(action, (int, float)):
            await asyncio.sleep(action)
        else:
            action()
        return ""


class _Protocol(SMTP):
    def __init__(self, server: MailServer, **options: Any) -> None:
        super().__init__(_Handler(server), **options)
        self._faults = server

    def connection_made(self, transport: Any) -> None:
        self._faults.transports.append(transport)
        super().connection_made(transport)

    async def _handle_client(self) -> None:
        self._faults.connections += 1
        if reply := await self._faults.act("connect", self):
            await self.push(reply)
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library's name
        if reply := await self._faults.act("DATA", self):
            await self.push(reply)
            return
        await super().smtp_DATA(arg)
        await self._faults.act("accepted", self)


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, name: str, replies: Any
    ) -> Any:
        session.host_name = name
        reply = await self._server.act("EHLO", server)
        return [reply] if reply else replies

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if reply := await self._server.act("MAIL", server):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if reply := await self._server.act("RCPT", server):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self._server.received += 1
        if reply := await self._server.act("text", server):
            return reply
        self._server.recipients += envelope.rcpt_tos
        self._server.accepted.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 accepted"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return await self._server.act("QUIT", server) or "221 bye"


@contextmanager
def mail_server(*, password: str = "") -> Iterator[MailServer]:
    """Run a server on a free port of loopback. With ``password`` it accepts logins."""
    server, loop = MailServer(password=password), asyncio.new_event_loop()

    def authenticate(*arguments: Any) -> AuthResult:
        is_right = arguments[-1].password == password.encode()
        return AuthResult(success=is_right, handled=False)

    def protocol() -> _Protocol:
        options: dict[str, Any] = {"hostname": "mail.test", "enable_SMTPUTF8": False, "loop": loop}
        if password:
            options |= {"authenticator": authenticate, "auth_require_tls": False}
        return _Protocol(server, **options)

    loop.set_exception_handler(lambda *_: None)  # a dropped connection is no error here
    listener = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0))
    server.port = listener.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()
        for transport in server.transports:
            transport.abort()
        loop.run_until_complete(_end_tasks())
        loop.close()


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)  # the transports close their sockets
