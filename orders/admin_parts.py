"""What higher layers add to orders in the admin: steps and sections of the page, and searches.

They register functions in their AppConfig.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest

from orders.models import Order

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """Something that may be done with an order, on a page that asks for confirmation.

    ``reason`` says why it cannot be done now. It is empty if it can.
    """

    label: "StrOrPromise"
    url: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table on the page of an order. Cells are texts, or safe HTML."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """What a higher layer adds to the page of an order."""

    steps: Sequence[Step] = ()
    sections: Sequence[Section] = ()


_readers: list[Callable[[HttpRequest, Order], Part]] = []
_searches: list[Callable[[str], Q]] = []


def register_part(read: Callable[[HttpRequest, Order], Part]) -> None:
    """Register a function that returns what is added for the user of the request."""
    if read not in _readers:
        _readers.append(read)


def parts_of(request: HttpRequest, order: Order) -> list[Part]:
    """Return what higher layers add to the page of an order."""
    return [read(request, order) for read in _readers]


def register_search(condition: Callable[[str], Q]) -> None:
    """Register a function that returns the condition with which a term finds orders."""
    if condition not in _searches:
        _searches.append(condition)


def search_conditions(term: str) -> list[Q]:
    """Return the conditions of higher layers with which a term finds orders."""
    return [condition(term) for condition in _searches]
