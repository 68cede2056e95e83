"""The changes feed, by which an app keeps a copy of the public catalog up to date.

A cursor contains the number of a revision, the time when it was read, and its epoch: a digest of
the database's history, in which alone the number stands for these changes. Writes store the number
of their revision in the rows that they change. Scheduled changes, such as the start of a sale, are
found by their time. If the changes fill several pages, the first page fixes the revision up to
which they are read, and the pages follow in ascending id. Later changes are in the next round.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from catalog import revision
from catalog.limits import CHANGES_PAGE_SIZE
from catalog.models.revision import CatalogRevision
from catalog.prices.models import Sale
from catalog.products.models import Product, for_sale
from catalog.products.reads import detailed, variants_of
from catalog.search.errors import CursorOutdated
from shop.core.errors import InvalidField

SINCE_PATTERN = r"^[0-9a-f]{1,16}(\.[0-9]{1,18}){2}((\.[0-9]{1,18}){3})?$"
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """The number of a revision, and a time in microseconds since 1970. Both are 0 at the start."""

    number: int
    at: int

    def time(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.at / _MICROSECONDS, UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a client has read.

    It has read everything up to ``since``. Between two pages it also has the changes up to
    ``until`` with an id up to ``after``.
    """

    epoch: str
    since: Point
    until: Point | None = None
    after: int = 0

    def __str__(self) -> str:
        numbers = [self.since.number, self.since.at]
        if self.until is not None:
            numbers += [self.until.number, self.until.at, self.after]
        return ".".join([self.epoch, *map(str, numbers)])


@dataclass(frozen=True, slots=True)
class Changes:
    """A page: current products with their variants, ids no longer for sale, and the next cursor."""

    products: list[tuple[Any, list[Any]]]
    deleted: list[int]
    cursor: Cursor

    @property
    def has_more(self) -> bool:
        """Whether more pages follow."""
        return self.cursor.until is not None


def read_changes(text: str | None) -> Changes:
    """Return a page of the changes since a cursor, or of all products for sale without a cursor.

    The number of statements is constant. Raises InvalidField, and CursorOutdated if the cursor
    comes from a database that was replaced.
    """
    epoch, number, seconds = revision.read_history()
    now = Point(number, int(seconds * _MICROSECONDS))
    cursor = Cursor(epoch, Point(0, 0)) if text is None else _parse(text)
    newest = max(cursor.since.number, cursor.until.number if cursor.until else 0)
    if cursor.epoch != epoch or newest > number or cursor.since.at > now.at:
        raise CursorOutdated
    until = cursor.until or now
    rows = list(
        _changed_products(cursor.since, until)
        .filter(pk__gt=cursor.after)
        .order_by("pk")
        .values_list("pk", ExpressionWrapper(for_sale(), output_field=BooleanField()))[
            : CHANGES_PAGE_SIZE + 1
        ]
    )
    page, has_more = rows[:CHANGES_PAGE_SIZE], len(rows) > CHANGES_PAGE_SIZE
    pks = [pk for pk, is_for_sale in page if is_for_sale]
    families = variants_of(pks)
    products = [(product, families[product.pk]) for product in detailed(pks)]
    deleted = [pk for pk, is_for_sale in page if not is_for_sale]
    if has_more:
        return Changes(products, deleted, Cursor(epoch, cursor.since, until, page[-1][0]))
    return Changes(products, deleted, Cursor(epoch, until))


def _parse(text: str) -> Cursor:
    if not re.match(SINCE_PATTERN, text, re.ASCII) or text.endswith("\n"):
        raise InvalidField(field="since", reason=_("This is not a cursor of the changes feed."))
    epoch, *digits = text.split(".")
    numbers = list(map(int, digits))
    since = Point(*numbers[:2])
    return (
        Cursor(epoch, since, Point(*numbers[2:4]), numbers[4])
        if len(numbers) > 2
        else Cursor(epoch, since)
    )


def _changed_products(since: Point, until: Point) -> QuerySet[Product]:
    products = Product.objects.listed()
    if since.number == 0:
        return products.for_sale()
    if CatalogRevision.objects.filter(all_changed_in__gt=since.number).exists():
        return products.filter(Q(archived_at=None) | Q(changed_in__gt=since.number))
    # SQLite does not allow ORDER BY within a union, and Product has a default ordering.
    first, *more = (ids.order_by() for ids in _changed_ids(since, until))
    return products.filter(pk__in=first.union(*more))


def _changed_ids(since: Point, until: Point) -> Iterator[QuerySet[Product, Any]]:
    """Yield the ids of products that were written or published, and of those in changed sales."""
    start, end = since.time(), until.time()
    family = Coalesce("parent_id", "pk")
    yield Product.objects.filter(changed_in__gt=since.number).values_list(family)
    yield Product.objects.filter(publish_at__gt=start, publish_at__lte=end).values_list(family)
    sales = Sale.objects.filter(
        Q(changed_in__gt=since.number)
        | Q(starts_at__gt=start, starts_at__lte=end)
        | Q(ends_at__gt=start, ends_at__lte=end)
    )
    yield Product.objects.filter(sales__in=sales).values_list("pk")
    yield (
        Product.objects.listed()
        .filter(category__links_up__above__sales__in=sales)
        .values_list("pk")
    )
    yield Product.objects.filter(memberships__collection__sales__in=sales).values_list("pk")
