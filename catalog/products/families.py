"""A product with its variants, as rows that a transaction locks together; and their slugs."""

from dataclasses import dataclass
from secrets import token_hex

from django.utils.text import slugify

from catalog.errors import ProductNotFound
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.products.models import Product

_SLUGS_TRIED = 10


@dataclass(slots=True)
class Family:
    """A product and its variants, none of them archived."""

    product: Product
    variants: list[Product]

    def get(self, pk: int) -> Product:
        """Return the member with this id. Raises ProductNotFound."""
        for row in self.rows():
            if row.pk == pk:
                return row
        raise ProductNotFound

    def rows(self) -> list[Product]:
        """Return all of it, the product first."""
        return [self.product, *self.variants]

    def pks(self) -> list[int]:
        """Return the ids of all of it."""
        return [row.pk for row in self.rows()]


def lock_family(product_id: int) -> Family:
    """Lock a product and its variants, whichever of them is named, in ascending id.

    Needs the caller's transaction, which ends the locks. Raises ProductNotFound.
    """
    named = Product.objects.not_archived().filter(pk=product_id).values_list("parent_id").first()
    if named is None:
        raise ProductNotFound
    rows = Product.objects.not_archived().lock_family(named[0] or product_id)
    if not rows or rows[0].parent_id is not None:  # archived this very moment
        raise ProductNotFound
    return Family(rows[0], rows[1:])


def free_slug(name: str) -> str:
    """Return a slug for a product of this name that no product has now."""
    base = slugify(name)[: PRODUCT_NAME_LENGTH - 10] or "product"
    candidates = slug_candidates(base)
    taken = set(Product.objects.filter(slug__in=candidates).values_list("slug", flat=True))
    free = (slug for slug in candidates if slug not in taken)
    return next(free, f"{base}-{token_hex(4)}")


def slug_candidates(base: str) -> list[str]:
    """Return the slugs that products of the same name get, in their order."""
    return [base, *(f"{base}-{number}" for number in range(2, _SLUGS_TRIED))]
