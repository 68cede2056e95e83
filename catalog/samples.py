"""Samples of products, in which the facets of long lists are counted.

The same products are in a sample each time, so that a list has the same facets until it changes.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.lookups import LessThan

from catalog.limits import MAX_COUNTED_PRODUCTS, SAMPLED_PRODUCTS
from catalog.products.hints import WithLikelihood

Products = TypeVar("Products", bound=QuerySet[Any, Any])
_PLACES = 65_536


class Place(Func):
    """The place of a product's id among ``_PLACES``. A sample has the products of the first ones.

    Multiplied by the golden ratio of the places, ids at any regular distance are spread over all of
    them. The numbers are not parameters, so that SQLite uses the index on this expression, too.
    """

    template = "((%(expressions)s & 65535) * 40503 & 65535)"
    arity = 1
    output_field = IntegerField()


class _IsBelow(WithLikelihood, LessThan):
    """Whether a place is below another one.

    SQLite takes the products without a parent for as few as the variants of one product, so that it
    would read all of them, unless it takes those of a sample for even fewer.
    """

    likelihood = "0.000001"


@dataclass(frozen=True, slots=True)
class Sample:
    """One in ``one_in`` products."""

    one_in: int

    def of(self, products: Products) -> Products:
        """Return the products in the sample."""
        return products.filter(_IsBelow(Place(F("pk")), _PLACES // self.one_in))


ESTIMATE = Sample(64)
"""The sample in which a long list is counted, to learn about how many products it has."""


def sample_for(products: int) -> Sample | None:
    """Return the sample in which the facets of so many products are counted; None for all."""
    if products <= MAX_COUNTED_PRODUCTS:
        return None
    return Sample(max(2, products // SAMPLED_PRODUCTS))
