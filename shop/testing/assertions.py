"""Assertions after races: no request failed, and ``manage.py audit`` finds no breach."""

from collections import Counter
from collections.abc import Iterable

from django.core.management import call_command
from django.http import HttpResponse


def statuses(responses: Iterable[HttpResponse]) -> Counter[int]:
    """Count the responses by status. Fails on any 5xx."""
    responses = list(responses)
    failed = [response.content for response in responses if response.status_code >= 500]
    assert not failed, failed
    return Counter(response.status_code for response in responses)


def assert_audit_passes() -> None:
    """Run ``manage.py audit``. Raises CommandError if it finds an inconsistency."""
    call_command("audit")
