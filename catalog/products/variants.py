"""Every write of variants that is not also one of products. The caller holds the family's locks."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NotRequired, TypedDict

from django.contrib.auth.models import AbstractUser

from catalog import revision
from catalog.limits import MAX_VARIANTS, PRODUCT_NAME_LENGTH
from catalog.prices.models import PriceChange
from catalog.products.errors import NoOptions, SetOnProduct, VariantLimit
from catalog.products.families import Family, insert_row, lock_family
from catalog.products.models import Product
from catalog.stock.services import stock_new
from shop.core.transactions import transactional


class NewVariant(TypedDict):
    """A variant to create. ``choice`` has a value for each of the product's options, by name;
    ``price`` is the product's unless given, in the shop's currency.
    """

    choice: Mapping[str, str]
    price: NotRequired[Decimal]
    sku: NotRequired[str]
    compare_at_price: NotRequired[Decimal | None]
    stock: NotRequired[int]
    backorder: NotRequired[bool]
    low_stock_threshold: NotRequired[int | None]
    position: NotRequired[int]
    metadata: NotRequired[dict[str, str]]
    private_metadata: NotRequired[dict[str, str]]


@transactional
def create_variant(
    *, product_id: int, variant: NewVariant, actor: AbstractUser | None = None
) -> Product:
    """Add a variant to a product that has options.

    Raises ProductNotFound, SetOnProduct for a variant's own id, NoOptions, VariantExists,
    VariantLimit, SkuTaken.
    """
    family = lock_family(product_id)
    if family.product.pk != product_id:
        raise SetOnProduct(fields=["variants"], product_id=family.product.pk)
    made = insert_variants(family, [variant])
    stock_new(quantities={row.pk: row.stock for row in made}, actor=actor)
    family.variants += made
    take_cheapest(family)
    family.index()
    revision.bump(family.pks())
    return made[0]


def insert_variants(family: Family, variants: Sequence[NewVariant]) -> list[Product]:
    """Insert variants of a product. Raises NoOptions, VariantExists, VariantLimit, SkuTaken."""
    product = family.product
    if len(family.variants) + len(variants) > MAX_VARIANTS:
        raise VariantLimit(limit=MAX_VARIANTS)
    made = []
    for position, variant in enumerate(variants, start=len(family.variants)):
        given = {name: value for name, value in variant.items() if name != "choice"}
        row = Product(**{"position": position, "price": product.price, **given})
        row.options = order_option_values(product, variant["choice"])
        row.parent = product
        follow(row, product)
        insert_row(row)
        made.append(row)
    PriceChange.objects.bulk_create(PriceChange(product=row, price=row.price) for row in made)
    return made


def order_option_values(product: Product, choice: Mapping[str, str]) -> list[str]:
    """Return the values of a choice in the order of the product's options. Raises NoOptions."""
    if not product.options or choice.keys() != set(product.options):
        raise NoOptions(options=product.options)
    return [choice[name] for name in product.options]


def follow(variant: Product, product: Product) -> None:
    """Set on a variant what it has from its product."""
    variant.name = full_name(product.name, variant.options)
    variant.category_id = product.category_id
    variant.is_published = product.is_published
    variant.publish_at = product.publish_at


def full_name(name: str, values: Sequence[str]) -> str:
    """Name a variant as carts and orders do; a long product name gives way to the values."""
    suffix = f" – {' / '.join(values)}"[:PRODUCT_NAME_LENGTH]
    return name[: PRODUCT_NAME_LENGTH - len(suffix)] + suffix


def name_variants(family: Family) -> None:
    """Let variants follow their product's name."""
    for variant in family.variants:
        variant.name = full_name(family.product.name, variant.options)
    Product.objects.bulk_update(family.variants, ["name"])


def take_cheapest(family: Family) -> None:
    """Let a product show the price of its cheapest variant, and what that is reduced from."""
    if not family.variants:
        return
    product, cheapest = family.product, min(family.variants, key=lambda row: row.price)
    if product.price != cheapest.price:
        PriceChange.objects.create(product=product, price=cheapest.price)
    product.price = cheapest.price
    product.compare_at_price = cheapest.compare_at_price
    product.save(update_fields=["price", "compare_at_price"])
