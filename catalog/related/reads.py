"""Reads of related products."""

from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models.functions import Coalesce

from catalog.products import reads
from catalog.products.models import Product, for_sale
from catalog.related.models import RelatedProduct
from shop.core.errors import NotFound


def related_to(product_id: int, user: AbstractUser | AnonymousUser) -> list[Any]:
    """Return the related products that are for sale, from ``reads.listed``; the first is closest.

    Those of a variant are those of its product. Three statements. Raises NotFound unless the user
    may see the product.
    """
    rows = Product.objects.visible_to(user).filter(pk=product_id)
    family = rows.values_list(Coalesce("parent_id", "pk"), flat=True).first()
    if family is None:
        raise NotFound
    related = RelatedProduct.objects.filter(for_sale("related__"), product_id=family)
    pks = list(related.order_by("position").values_list("related_id", flat=True))
    by_pk = {row.pk: row for row in reads.listed(pks)}
    return [by_pk[pk] for pk in pks if pk in by_pk]
