"""Products with all that their readers see of them: price, pictures, words, in one statement."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Now

from catalog.models import (
    PriceChange,
    Product,
    ProductAttribute,
    ProductImage,
    ProductQuerySet,
    ProductTag,
    Sale,
    SaleQuerySet,
    for_sale,
)
from catalog.pricing import Price, Reduction, price_of
from shop.core.json_rows import JSONRows

# More than a product has in the weeks that count.
_PRICES = 50


def sales_of() -> SaleQuerySet:
    """Return the sales that have begun and lower the outer query's product."""
    pk, parent, category = (OuterRef(OuterRef(name)) for name in ("pk", "parent_id", "category_id"))
    by_product = Sale.products.through.objects.filter(
        Q(product_id=pk) | Q(product_id=parent), sale_id=OuterRef("pk")
    )
    by_category = Sale.categories.through.objects.filter(
        sale_id=OuterRef("pk"), category__links_down__category_id=category
    )
    return Sale.objects.begun().filter(Exists(by_product) | Exists(by_category))


def any_sale() -> Exists:
    """Whether any sale is on: what a statement asks in passing that knows prices but no sales."""
    return Exists(Sale.objects.active())


def sales_on(product_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the sales of now that lower products, by the products' ids; one statement."""
    active = JSONRows(sales_of().active(), kind=F("kind"), value=_text("value"))
    products = Product.objects.filter(pk__in=product_ids).order_by()
    return dict(products.values_list("pk", active))


def with_prices(products: ProductQuerySet) -> ProductQuerySet:
    """Add ``reductions`` and ``prices_had``, which ``price`` reads."""
    begun = sales_of().order_by("-starts_at")
    changes = PriceChange.objects.filter(product_id=OuterRef("pk")).order_by("-pk")
    is_active = Case(When(Q(ends_at=None) | Q(ends_at__gt=Now()), then=Value(1)), default=Value(0))
    return products.annotate(
        reductions=JSONRows(
            begun,
            limit=_PRICES,
            kind=F("kind"),
            value=_text("value"),
            starts_at=F("starts_at"),
            ends_at=F("ends_at"),
            is_active=is_active,
        ),
        prices_had=JSONRows(changes, limit=_PRICES, price=_text("price"), since=F("created_at")),
    )


def for_list(products: ProductQuerySet) -> ProductQuerySet:
    """Add what a list shows: prices, the first picture, whether any is left."""
    return with_prices(products).annotate(
        pictures=_pictures(limit=1),
        pieces=Case(
            When(has_variants=True, then=Subquery(_pieces_of_variants())), default=F("stock")
        ),
        has_stock=Case(
            When(has_variants=True, then=Exists(_variants_in_stock())),
            default=F("is_stocked"),
        ),
    )


def for_detail(products: ProductQuerySet) -> ProductQuerySet:
    """Add what a product's own page shows beside."""
    tags = ProductTag.objects.filter(product_id=OuterRef("pk")).order_by("tag")
    attributes = ProductAttribute.objects.filter(product_id=OuterRef("pk"))
    return for_list(products).annotate(
        is_for_sale=ExpressionWrapper(for_sale(), output_field=BooleanField()),
        pictures=_pictures(limit=None),
        choices_of=F("parent__options"),
        tag_rows=JSONRows(tags, tag=F("tag")),
        attribute_rows=JSONRows(
            attributes.order_by("attribute__name"),
            slug=F("attribute__slug"),
            name=F("attribute__name"),
            kind=F("attribute__kind"),
            text=F("text"),
            number=_text("number"),
            boolean=F("boolean"),
        ),
    )


def price(product: Any) -> Price:
    """Return the price now of a product that ``with_prices`` read."""
    reductions = [
        Reduction(
            kind=row["kind"],
            value=Decimal(row["value"]),
            starts_at=_instant(row["starts_at"]),
            ends_at=_instant(row["ends_at"]) if row["ends_at"] else None,
            is_active=bool(row["is_active"]),
        )
        for row in product.reductions
    ]
    if not reductions and product.compare_at_price is None:
        return Price(product.price)
    changes = [(_instant(row["since"]), Decimal(row["price"])) for row in product.prices_had]
    return price_of(product.price, product.compare_at_price, reductions, changes)


def _variants() -> QuerySet[Product]:
    return Product.objects.not_archived().filter(parent_id=OuterRef("pk"))


def _variants_in_stock() -> QuerySet[Product]:
    return _variants().filter(is_stocked=True)


def _pieces_of_variants() -> QuerySet[Product, Any]:
    summed = _variants().order_by().values("parent_id").annotate(pieces=Sum("stock"))
    return summed.values("pieces")


def _pictures(*, limit: int | None) -> JSONRows:
    pictures = ProductImage.objects.filter(product_id=OuterRef("pk")).order_by("position", "pk")
    return JSONRows(
        pictures,
        limit=limit,
        id=F("pk"),
        large=F("large"),
        small=F("small"),
        source_url=F("source_url"),
        alt=F("alt"),
        position=F("position"),
    )


def _text(name: str) -> Cast:
    return Cast(name, CharField())


def _instant(text: str) -> datetime:
    """Read a time as either database writes it into JSON."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
