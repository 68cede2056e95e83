"""Fixtures: the mails of the shop, and a mail server."""

from threading import Event

import pytest

from shop.core import deliveries, events, tasks
from shop.mail import configuration, mails, sending
from shop.testing.smtp import mail_server


@pytest.fixture(autouse=True)
def _mails(monkeypatch, settings):
    """The shop sends messages, and links to a storefront."""
    monkeypatch.setattr(events, "_registered", {})
    monkeypatch.setattr(mails, "_registered", {})
    monkeypatch.setattr(tasks, "_due", {})
    settings.MAIL_MODE = "send"
    settings.DEFAULT_FROM_EMAIL = "Tea House <orders@tea.example>"
    settings.SHOP_NAME = "Tea House"
    settings.STOREFRONT_LINKS = {
        "order": "https://tea.example/orders/{number}?token={token}",
        "payment": "https://tea.example/pay/{id}?token={token}",
        "reset": "https://tea.example/reset?token={token}",
        "verification": "https://tea.example/verify?token={token}",
    }
    mails.register_all()
    tasks.register_due("mail", sending.enqueue_due)


@pytest.fixture
def smtp(settings):
    """A mail server, which the shop uses."""
    with mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        settings.MAILERS = configuration.mailers(url, timeout=60, is_debug=False)
        yield server


def handle_events():
    while deliveries.dispatch():
        pass
    while deliveries.deliver_next():
        pass


def run_due_tasks():
    tasks.enqueue_due()
    return tasks.run_tasks("test", Event())


@pytest.fixture
def work():
    """What a worker does in a second: events, then tasks."""

    def work():
        handle_events()
        run_due_tasks()

    return work
