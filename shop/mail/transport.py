"""The conversation with the mail server, and what its errors mean."""

import re
import smtplib
import socket
from contextlib import suppress
from datetime import timedelta
from threading import Timer
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

LONGEST = timedelta(minutes=4)
"""The longest time of a conversation, however slowly the server responds."""

_ADDRESS = re.compile(r"[^\s<>()]+@[^\s<>()]+")
_MOST = 200


def transmit(email: EmailMessage) -> Any:
    """Send a message; return the open connection once the server has accepted it for a recipient.

    The caller stores that, and then calls ``close``: what happens at the end of the conversation
    does not matter. Raises SMTPException, OSError or ValueError if the message was not accepted, as
    far as this side knows.
    """
    mailer = settings.MAILERS["default"]
    backend = import_string(mailer["BACKEND"])
    connection = backend(alias="default", **mailer.get("OPTIONS", {}))
    limit = Timer(LONGEST.total_seconds(), _end, [connection])
    limit.daemon = True
    limit.start()
    try:
        connection.open()
        connection.send_messages([email])
    except BaseException:
        close(connection)
        raise
    finally:
        limit.cancel()
    return connection


def close(connection: Any) -> None:
    """End a conversation. Errors are ignored."""
    with suppress(smtplib.SMTPException, OSError):
        connection.close()


def _end(connection: Any) -> None:
    """Close the socket, so that the thread that waits for the server gets an error."""
    server = getattr(connection, "connection", None)
    if isinstance(server, smtplib.SMTP) and server.sock is not None:
        with suppress(OSError):
            server.sock.shutdown(socket.SHUT_RDWR)


def is_permanent(error: Exception) -> bool:
    """Return whether the server will refuse this message to this recipient each time.

    An error about the sender, the login or the connection is one of the configuration, which the
    operator can correct.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    # An address that cannot be written to this server.
    return isinstance(error, (ValueError, smtplib.SMTPNotSupportedError))


def describe(error: Exception) -> str:
    """Return what happened, without addresses and secrets, for the admin and the log."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _clean(f"Recipient refused: {code} {_decode(text)}")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"Login refused: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _clean(f"Sender refused: {error.smtp_code} {_decode(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return _clean(f"{error.smtp_code} {_decode(error.smtp_error)}")
    if isinstance(error, ValueError):
        return "The address is not valid."
    return _clean(f"{type(error).__name__}: {error}")


def _decode(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def _clean(text: str) -> str:
    return _ADDRESS.sub("…", " ".join(text.split()))[:_MOST]
