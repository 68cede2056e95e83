"""Times of the database, which decides about deadlines: the clocks of workers may differ."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.functions import Now


def in_future(span: timedelta) -> Combinable:
    """Return the time of the database plus ``span``."""
    return ExpressionWrapper(Now() + span, output_field=DateTimeField())


def ago(span: timedelta) -> Combinable:
    """Return the time of the database minus ``span``."""
    return ExpressionWrapper(Now() - span, output_field=DateTimeField())
