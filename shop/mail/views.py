"""The pages of development: the messages that the shop would have sent. They exist with DEBUG only.

A message is shown in a frame without scripts, forms and same origin, because its texts come from
buyers too.
"""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from shop.core import handlers

_MOST = 100
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_MESSAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_View = Callable[..., HttpResponse]


def in_development(view: _View) -> _View:
    """Answer 404 without DEBUG, and to other methods than GET and HEAD."""

    @csrf_exempt  # other methods are a 404, not a CSRF failure
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG or request.method not in ("GET", "HEAD"):
            return handlers.page_not_found(request)
        return view(request, *args, **kwargs)

    return guarded


@in_development
def messages(request: HttpRequest) -> HttpResponse:
    """Return the list of messages, newest first."""
    files = sorted(Path(settings.MAIL_FOLDER).glob("*.eml"), reverse=True)[:_MOST]
    context = {
        "messages": [(file.stem, _read(file)) for file in files],
        "folder": settings.MAIL_FOLDER,
        "is_sent": bool(settings.EMAIL_URL),
    }
    return _page(render(request, "development/messages.html", context))


@in_development
def message(request: HttpRequest, number: int) -> HttpResponse:
    """Return the page of a message, with its HTML in a frame and its text."""
    found = _find(number)
    if found is None:
        return handlers.page_not_found(request)
    context = {
        "number": number,
        "subject": found["Subject"],
        "headers": found.items(),
        "text": _body(found, "plain"),
    }
    return _page(render(request, "development/message.html", context))


@in_development
def message_html(request: HttpRequest, number: int) -> HttpResponse:
    """Return the HTML of a message, whose links open another window."""
    found = _find(number)
    if found is None:
        return handlers.page_not_found(request)
    return show_message(_body(found, "html"))


def show_message(html: str) -> HttpResponse:
    """Return the HTML of a message, without scripts, and with links that open another window."""
    response = HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))
    response["Content-Security-Policy"] = _MESSAGE_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _find(number: int) -> EmailMessage | None:
    file = Path(settings.MAIL_FOLDER) / f"{number}.eml"
    return _read(file) if file.is_file() else None


def _read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=policy.default)


def _body(email: EmailMessage, kind: str) -> str:
    part: Any = email.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _page(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = _PAGE_POLICY
    return response
