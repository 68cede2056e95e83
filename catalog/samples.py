"""Samples of products, in which the facets of long lists are counted.

The same products are in a sample each time, so that a list has the same facets until it changes.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, QuerySet
from django.db.models.lookups import LessThan

from catalog.limits import MAX_COUNTED_PRODUCTS

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
_PLACES = 65_536
# Multiplied by this (the golden ratio), ids at any regular distance are spread over all places.
_FACTOR = 40_503


@dataclass(frozen=True, slots=True)
class Sample:
    """One in ``one_in`` products."""

    one_in: int

    def of(self, rows: Rows, column: str = "pk") -> Rows:
        """Return the rows of the products in the sample; ``column`` has the product's id."""
        place = F(column) % _PLACES * _FACTOR % _PLACES
        return rows.filter(LessThan(place, _PLACES // self.one_in))

    def sql(self, column: str) -> str:
        """Return the condition of ``of`` as SQL without values, in which %% is a percent sign."""
        return f"{column} %% {_PLACES} * {_FACTOR} %% {_PLACES} < {_PLACES // self.one_in}"


ESTIMATE = Sample(16)
"""The sample in which the results of a search are counted, to learn whether they are many."""


def sample_for(products: int, *, is_filtered: bool) -> Sample | None:
    """Return the sample in which the facets of so many products are counted; None for all.

    Without filters indexes contain what is counted, so that ten times as many products can be.
    """
    most = MAX_COUNTED_PRODUCTS * (1 if is_filtered else 10)
    return Sample(products * 2 // most) if products > most else None
