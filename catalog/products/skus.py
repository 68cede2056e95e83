"""Checks that no other product or variant has a new SKU in other capitals."""

from collections.abc import Collection, Mapping

from django.db import IntegrityError, connection
from django.db.models import CharField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper

from catalog.products.errors import SkuTaken
from catalog.products.models import Product, ProductQuerySet

_FIRST = "(SELECT MIN(UPPER(sku)) FROM UNNEST(%s::text[]) sku)"
_LAST = "(SELECT MAX(UPPER(sku)) FROM UNNEST(%s::text[]) sku)"


def check_skus(changed: Mapping[str, int | None], *, translate_errors: bool) -> None:
    """Check the new SKUs of rows, whose ids are given. One statement.

    Comes after the lock of the revision, which other writers of products wait for: each sees the
    SKUs of the others. Earlier releases have stored such SKUs, so no constraint can refuse them.
    Raises SkuTaken, or else IntegrityError.
    """
    if not changed:
        return
    owners: dict[str, set[int]] = {}
    for owner, sku in with_skus(changed).values_list("pk", "sku"):
        owners.setdefault(sku.upper(), set()).add(owner)
    for sku, pk in changed.items():
        if owners.get(sku.upper(), {pk}) != {pk}:
            if translate_errors:
                raise SkuTaken(sku=sku)
            raise IntegrityError(f"another row has the sku {sku}")


def with_skus(skus: Collection[str]) -> ProductQuerySet:
    """Return the rows with any of many SKUs, by the index of PostgreSQL.

    For it half of all rows have one of a hundred values of an expression, so that it would read the
    table. Between the first and the last of them it expects few.
    """
    rows = Product.objects.with_sku(skus).order_by()
    if connection.vendor != "postgresql":
        return rows
    given = list(skus)
    first, last = (RawSQL(bound, [given], CharField()) for bound in (_FIRST, _LAST))  # noqa: S611 - constants
    return rows.alias(folded=Upper("sku")).filter(folded__gte=first, folded__lte=last)
