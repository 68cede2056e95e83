"""What must hold after every race: the answers were answers, and the books balance."""

from collections import Counter
from collections.abc import Iterable

from django.core.management import call_command
from django.http import HttpResponse


def statuses(answers: Iterable[HttpResponse]) -> Counter[int]:
    """Count the answers by status; fail on any 5xx."""
    answers = list(answers)
    broken = [answer.content for answer in answers if answer.status_code >= 500]
    assert not broken, broken
    return Counter(answer.status_code for answer in answers)


def assert_books_balance() -> None:
    """Run ``manage.py audit``, which raises on a breach."""
    call_command("audit")
