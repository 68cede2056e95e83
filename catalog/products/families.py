"""Product families: a product with its variants, which a transaction locks together."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from secrets import token_hex

from django.db.models import Q
from django.db.models.functions import Coalesce

from catalog.errors import ProductNotFound
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.products.models import Product
from catalog.slugs.services import reserved_slugs
from shop.core.language_codes import own_language
from shop.core.slugs import make_slug

_SLUG_CANDIDATES = 20
_SUFFIX = 10
"""Characters that are added to a slug that is taken."""


@dataclass(slots=True)
class Family:
    """A product and its variants that are not archived."""

    product: Product
    variants: list[Product]

    def get(self, pk: int) -> Product:
        """Return the product or variant with this id. Raises ProductNotFound."""
        for row in self.rows():
            if row.pk == pk:
                return row
        raise ProductNotFound

    def rows(self) -> list[Product]:
        """Return all rows, the product first."""
        return [self.product, *self.variants]

    def pks(self) -> list[int]:
        """Return the ids of all rows."""
        return [row.pk for row in self.rows()]


def lock_family(product_id: int) -> Family:
    """Lock a product and its variants, in ascending id. ``product_id`` may be any of their ids.

    Needs a transaction. Raises ProductNotFound.
    """
    products = Product.objects.not_archived()
    parent = products.filter(pk=product_id).values_list("parent_id").first()
    if parent is None:
        raise ProductNotFound
    rows = products.lock_family(parent[0] or product_id)
    if not rows or rows[0].parent_id is not None:  # the product has been archived since
        raise ProductNotFound
    return Family(rows[0], rows[1:])


def lock_families(product_ids: Collection[int]) -> list[Family]:
    """Lock products with their variants, in ascending id. The ids may be those of variants.

    Needs a transaction. Raises ProductNotFound unless all of them are found.
    """
    products = Product.objects.not_archived()
    tops = products.filter(pk__in=product_ids).values_list(Coalesce("parent_id", "pk"), flat=True)
    family = Q(pk__in=(pks := set(tops))) | Q(parent_id__in=pks)
    rows = products.select_for_update(no_key=True).filter(family).order_by("pk")
    families: dict[int, Family] = {}
    for row in rows:
        if row.parent_id is None:
            families[row.pk] = Family(row, [])
        elif row.parent_id in families:
            families[row.parent_id].variants.append(row)
    found = {pk for each in families.values() for pk in each.pks()}
    if not found.issuperset(product_ids):
        raise ProductNotFound
    return list(families.values())


def free_slug(name: str) -> str:
    """Return a slug for a product of this name that is neither in use nor redirected now."""
    base = base_slug(name)
    candidates = list(slug_candidates(base))
    taken = set(Product.objects.filter(slug__in=candidates).values_list("slug", flat=True))
    taken |= reserved_slugs("product", candidates)
    free = (slug for slug in candidates if slug not in taken)
    return next(free, f"{base}-{token_hex(4)}")


def base_slug(name: str) -> str:
    """Return the slug that is made from a name, with room for a number. Names may share it."""
    return make_slug(
        name, length=PRODUCT_NAME_LENGTH - _SUFFIX, default="product", language=own_language()
    )


def slug_candidates(base: str) -> Iterator[str]:
    """Yield the slugs to try for products of the same name, in order."""
    yield base
    for number in range(2, _SLUG_CANDIDATES):
        yield f"{base}-{number}"
