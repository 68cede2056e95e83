"""A product with its variants, as rows that one transaction has locked; used by the services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from secrets import token_hex

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from catalog.attributes.models import ProductTag
from catalog.errors import ProductNotFound, SlugTaken
from catalog.limits import PRODUCT_NAME_LENGTH
from catalog.products.errors import SkuTaken, VariantExists
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

    def index(self) -> None:
        """Write down what a search finds the product by, beside its name and description."""
        tags = ProductTag.objects.filter(product=self.product).order_by("tag")
        self.product.keywords = keywords_of(self.rows(), tags.values_list("tag", flat=True))
        self.product.save(update_fields=["keywords"])


def keywords_of(rows: Sequence[Product], tags: Iterable[str]) -> str:
    """Return what a search finds a product by, beside its name; ``rows`` has the product first."""
    words: list[str] = [rows[0].brand, *tags, *(row.sku for row in rows)]
    words += [value for variant in rows[1:] for value in variant.options]
    return " ".join(dict.fromkeys(filter(None, words)))


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


def insert_row(row: Product) -> None:
    """Insert a product or variant. Raises SlugTaken, SkuTaken, VariantExists."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        _refuse(row, error)


def insert_product(product: Product) -> None:
    """Insert a product, under a slug made of its name unless it has one.

    Raises SlugTaken for a given slug, SkuTaken. A made one gives way to another that comes at the
    same moment.
    """
    if product.slug:
        insert_row(product)
        return
    product.slug = _free_slug(product.name)
    try:
        insert_row(product)
    except SlugTaken:
        product.slug = f"{product.slug}-{token_hex(4)}"
        insert_row(product)


def save_row(row: Product, columns: Iterable[str]) -> None:
    """Save the named columns of a locked row. Raises SlugTaken, SkuTaken, VariantExists."""
    try:
        with transaction.atomic():
            row.save(update_fields=list(dict.fromkeys(columns)))
    except IntegrityError as error:
        _refuse(row, error)


def _free_slug(name: str) -> str:
    """Return a slug for a product of this name that none has now."""
    base = slugify(name)[: PRODUCT_NAME_LENGTH - 10] or "product"
    tries = [base, *(f"{base}-{n}" for n in range(2, _SLUGS_TRIED))]
    taken = set(Product.objects.filter(slug__in=tries).values_list("slug", flat=True))
    free = (slug for slug in tries if slug not in taken)
    return next(free, f"{base}-{token_hex(4)}")


def _refuse(row: Product, error: IntegrityError) -> None:
    """Name the constraint's rule. PostgreSQL's first line has its name, SQLite's its columns."""
    broken = str(error).splitlines()[0]
    if "sku" in broken:
        raise SkuTaken(sku=row.sku) from None
    if "slug" in broken:
        raise SlugTaken(slug=row.slug) from None
    if "product_variant_unique" in broken or "options" in broken:
        raise VariantExists(options=row.options) from None
    raise error
