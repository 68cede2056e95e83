"""What the page of an order in the admin shows: customer, addresses, statuses, items and money."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse

from orders.admin_parts import parts_of
from orders.admin_steps import steps_of, steps_of_any
from orders.models import Order, OrderAddress, OrderItem
from orders.shown import amount_due, statuses_of
from shop.core.money import ZERO, show


@dataclass(frozen=True, slots=True)
class _Line:
    """An item with the URLs of its image and of its product's page; each may be empty."""

    item: OrderItem
    image_url: str
    product_url: str

    @property
    def options(self) -> str:
        """The option values of a variant."""
        return ", ".join(f"{name}: {value}" for name, value in self.item.options.items())

    @property
    def counts(self) -> tuple[int, ...]:
        """The units that were ordered, shipped, returned and cancelled."""
        item = self.item
        shipped, returned = item.quantity_fulfilled, item.quantity_returned
        return item.quantity, shipped, returned, item.quantity_cancelled

    @property
    def amounts(self) -> list[str]:
        """The price of a unit, discount, tax and total; empty if they are not known."""
        item = self.item
        amounts = (item.unit_price, item.discount, item.tax, item.line_total)
        return ["" if amount is None else show(amount) for amount in amounts]


def page_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Return the context of the page. Sends two statements, and those of higher layers.

    They find the items prefetched.
    """
    prefetch_related_objects([order], Prefetch("items", OrderItem.objects.order_by("pk")))
    items = list(order.items.all())
    addresses = list(OrderAddress.objects.filter(order=order).order_by("-kind"))
    parts = parts_of(request, order)
    return {
        "number": order.shown_number,
        "customer_url": _page_url(request, "accounts.user", order.user_id),
        "addresses": addresses,
        "statuses": list(_statuses(order)),
        "warnings": list(_warnings(order)),
        "lines": [_line(request, item) for item in items],
        "money": list(_money(order)),
        "steps": [
            *steps_of(request, order, items),
            *(step for part in parts for step in part.steps),
            *steps_of_any(request, order),
        ],
        "sections": [section for part in parts for section in part.sections],
    }


def _page_url(request: HttpRequest, model: str, pk: int | None) -> str:
    """Return the URL of the page of a row, or an empty text if the user may not open it."""
    app, _dot, name = model.partition(".")
    verbs = ("view", "change")
    if pk is None or not any(request.user.has_perm(f"{app}.{verb}_{name}") for verb in verbs):
        return ""
    return reverse(f"admin:{app}_{name}_change", args=[pk])


def _line(request: HttpRequest, item: OrderItem) -> _Line:
    image = item.image or {}
    small = image.get("small", "")
    url = default_storage.url(small) if small else image.get("source_url", "")
    return _Line(item, url, _page_url(request, "catalog.product", item.product_id))


def _statuses(order: Order) -> Iterator[tuple[str, str]]:
    statuses = statuses_of(order)
    yield "Status", str(statuses.status.label)
    yield "Payment", str(statuses.payment_status.label)
    yield "Fulfilment", str(statuses.fulfilment_status.label)
    if statuses.return_status is not None:
        yield "Return", str(statuses.return_status.label)


def _warnings(order: Order) -> Iterator[str]:
    if order.has_open_dispute:
        yield "The buyer disputes a payment at the bank."
    if order.shipping_held:
        yield "Shipping is held: the order must not be shipped until a person has looked at it."


def _money(order: Order) -> Iterator[tuple[str, str]]:
    """Yield how the total is composed, and what became of it; amounts of zero only if they matter.

    An order of an earlier release consists of its items.
    """
    yield "Subtotal", show(order.total if order.subtotal is None else order.subtotal)
    optional: Sequence[tuple[str, Decimal | None]] = (
        ("Discount", -(order.discount_total or ZERO)),
        ("Shipping", order.shipping_total),
        ("Fee", order.fee_total),
        ("Tax (included)" if order.prices_include_tax else "Tax", order.tax_total),
    )
    yield from ((label, show(amount)) for label, amount in optional if amount)
    yield "Total", show(order.total)
    if order.amount_cancelled:
        yield "Cancelled", show(order.amount_cancelled)
    yield "Paid", show(order.amount_paid)
    yield "Refunded", show(order.amount_refunded)
    yield "Owed", show(amount_due(order))
