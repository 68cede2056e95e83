"""Prices a sample cart with a promotion, so that staff see what it does before buyers do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.utils import timezone

from cart.configuration import current_configuration
from cart.pricing import Context, Destination, Item, Totals, Voucher, VoucherReason, price
from cart.pricing.explain import Step, explain
from cart.pricing_rows import promotion_of
from cart.promotions.models import Promotion
from catalog.categories.reads import categories_of
from catalog.collections.reads import collections_of
from catalog.models import Product
from catalog.prices.current import current_price
from catalog.prices.reads import active_sales_of
from shop.core.money import show


@dataclass(frozen=True, slots=True)
class SampleStep:
    """A step of the computation, as people read it."""

    label: str
    name: str
    detail: str
    amount: str
    total: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample cart with a promotion. ``reason`` is why the promotion does not apply, if so."""

    totals: Totals
    steps: tuple[SampleStep, ...]
    reason: VoucherReason | None


def price_sample(
    promotion: Promotion,
    quantities: Mapping[int, int],
    *,
    country: str = "",
    day: date | None = None,
    is_first_order: bool = True,
) -> Sample:
    """Price products, by their ids, with all promotions and this one, active or not.

    ``country`` is where they are shipped, ``day`` is today unless it is given. Changes nothing.
    """
    items = sample_items(quantities)
    context = Context(
        configuration=current_configuration().pricing,
        now=_noon(day or timezone.localdate()),
        destination=Destination(country) if country else None,
        is_first_order=is_first_order,
    )
    totals = price(items, _with(promotion, context))
    reason = None
    if all(discount.promotion_id != promotion.pk for discount in totals.discounts):
        alone = price(items, _as_voucher(promotion, _without(promotion, context)))
        reason = alone.vouchers[0].reason
    return Sample(totals, tuple(_readable(totals)), reason)


def sample_items(quantities: Mapping[int, int]) -> list[Item]:
    """Return products as items at their current prices."""
    products = Product.objects.select_related("tax_class").filter(pk__in=quantities).order_by("pk")
    sales = active_sales_of(quantities)
    categories = categories_of(quantities)
    collections = collections_of(quantities)
    return [
        Item(
            product_id=product.pk,
            name=product.name,
            quantity=quantities[product.pk],
            unit_price=current_price(product.price, sales.get(product.pk, ())),
            regular_unit_price=product.price,
            tax_class=product.tax_class.code if product.tax_class else "",
            weight=product.weight,
            requires_shipping=product.requires_shipping,
            category_ids=categories.get(product.pk, frozenset()),
            collection_ids=collections.get(product.pk, frozenset()),
            parent_id=product.parent_id,
        )
        for product in products
    ]


def _with(promotion: Promotion, context: Context) -> Context:
    """Add the promotion to the context, in its place."""
    if promotion.needs_code:
        return _as_voucher(promotion, context)
    others = _without(promotion, context).configuration.promotions
    rows = Promotion.objects.in_bulk([other.id for other in others])
    place = (promotion.position, promotion.pk)
    before = [p for p in others if (rows[p.id].position, p.id) < place]
    promotions = (*before, promotion_of(promotion), *others[len(before) :])
    return replace(context, configuration=replace(context.configuration, promotions=promotions))


def _without(promotion: Promotion, context: Context) -> Context:
    promotions = tuple(p for p in context.configuration.promotions if p.id != promotion.pk)
    return replace(context, configuration=replace(context.configuration, promotions=promotions))


def _as_voucher(promotion: Promotion, context: Context) -> Context:
    return replace(context, vouchers=(Voucher(promotion.name, promotion_of(promotion)),))


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


_LABELS = {
    "item": "Item",
    "discount": "Discount",
    "voucher": "Code",
    "shipping": "Shipping",
    "shipping_discount": "Discount on shipping",
    "fee": "Fee",
    "tax": "Tax",
}


def _readable(totals: Totals) -> Iterator[SampleStep]:
    names = {item.product_id: item.name for item in totals.items}
    for step in explain(totals):
        yield SampleStep(
            _LABELS[step.step], step.name, _detail(step, names), show(step.amount), show(step.total)
        )


def _detail(step: Step, names: Mapping[int, str]) -> str:
    """Return from what the amount of a step was computed."""
    facts = step.facts
    if step.step == "item":
        return f"{facts['quantity']} × {show(facts['unit_price'])}"
    if step.step == "discount":
        parts = [f"{names[p['product_id']]}: {show(p['amount'])}" for p in facts["allocations"]]
        return ", ".join(parts)
    if step.step == "tax":
        kind = "included in the total" if facts["included"] else "added"
        return f"{facts['rate'].normalize():f} % of {show(facts['base'])}, {kind}"
    return "the cheapest" if facts.get("preselected") else ""
