"""Functions that build the response bodies of carts."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.request import Request

from cart.columns import CartItemRow
from cart.payment_methods import payment_methods
from cart.priced import PricedCart
from cart.pricing import PricedItem, PricedVoucher, Totals, explain
from cart.problems import is_blocking, problems_of, products_of, serialize_problem
from cart.services import Opened
from catalog.images.serializers import serialize_image
from shop.core.errors import ShopError
from shop.core.links import origin_of
from shop.core.money import ZERO, currency, show, show_rate

_FEW = 10
"""The number of units below which buyers see how many are left."""


def serialize_added(cart: Opened) -> dict[str, Any]:
    """Return the response body of an addition."""
    body = {"message": _added(get_language()), "cart_id": cart.cart_id}
    return body if cart.token is None else {**body, "cart_token": cart.token}


@cache
def _added(_language: str | None) -> str:
    """Return the message of an addition in the active language, which ``gettext`` looks for."""
    return _("Added to your cart.")


def serialize_cart(
    cart: PricedCart, request: Request, *, explained: bool = False
) -> dict[str, Any]:
    """Return the response body of a cart. URLs of images have the origin of the request.

    ``explained`` adds the steps by which the total came about.
    """
    totals, members = cart.totals, cart.members
    problems = problems_of(cart)
    body = {
        "cart_id": cart.cart_id,
        **_times(cart),
        "email": members.email or None,
        "phone": members.phone or None,
        "cart_items": _items(cart, problems, request),
        "problems": [serialize_problem(problem) for problem in problems],
        "shipping_address": members.shipping_address,
        "billing_address": members.billing_address,
        "shipping_method": _method(cart),
        **_parts(totals),
        **_amounts(totals),
        "currency": currency(),
        "prices_include_tax": totals.prices_include_tax,
        "requires_shipping": totals.requires_shipping,
        "payment_required": totals.total > ZERO,
        "payment_methods": _payment_methods(totals.total, cart.buyer.language),
        "can_order": not any(map(is_blocking, problems)),
        "note": members.note or None,
        "language": members.language or None,
        "consents": members.consents,
        "metadata": members.metadata,
    }
    return body | {"explanation": _explanation(totals)} if explained else body


def serialize_merged(
    cart: PricedCart, reduced: list[ShopError], request: Request
) -> dict[str, Any]:
    """Return the response body of a merged cart, whose problems say what was reduced."""
    body = serialize_cart(cart, request)
    notices = [serialize_problem(problem) | {"blocking": False} for problem in reduced]
    return body | {"problems": [*notices, *body["problems"]]}


def _times(cart: PricedCart) -> dict[str, Any]:
    if cart.changed_at is None:
        return {"expires_at": None, "updated_at": None}
    is_guest = cart.buyer.user is None
    days = settings.GUEST_CART_DAYS if is_guest else settings.USER_CART_DAYS
    return {
        "expires_at": cart.changed_at + timedelta(days=days),
        "updated_at": cart.changed_at,
    }


def _items(cart: PricedCart, problems: list[ShopError], request: Request) -> list[dict[str, Any]]:
    by_product: dict[int, list[dict[str, Any]]] = {}
    for problem in problems:
        for product_id in products_of(problem):
            by_product.setdefault(product_id, []).append(serialize_problem(problem))
    has_image = any(row.image for row in cart.items)
    origin, nothing = origin_of(request) if has_image else "", show(ZERO)
    return [
        _item(row, priced, by_product.get(row.product_id, []), origin, nothing)
        for row, priced in zip(cart.items, cart.totals.items, strict=True)
    ]


def _item(
    row: CartItemRow,
    priced: PricedItem,
    problems: list[dict[str, Any]],
    origin: str,
    nothing: str,
) -> dict[str, Any]:
    """Return an item. ``nothing`` is the text of the amount 0, which most items have twice."""
    line_total = show(priced.line_subtotal)
    unit_price = show(priced.unit_price)
    is_reduced = priced.regular_unit_price != priced.unit_price
    body = {
        "product_id": row.product_id,
        "quantity": row.quantity,
        "name": row.name,
        "slug": row.slug,
        "sku": row.sku,
        "options": row.options,
        "image": serialize_image(row.image, origin=origin) if row.image else None,
        "unit_price": unit_price,
        "regular_unit_price": show(priced.regular_unit_price) if is_reduced else unit_price,
        "line_subtotal": line_total,
        "discount": show(priced.discount) if priced.discount else nothing,
        "line_total": line_total,
        "tax_rate": show_rate(priced.tax_rate) if priced.tax_rate else "0",
        "tax": show(priced.tax) if priced.tax else nothing,
        "problems": problems,
    }
    if row.price_override is not None:
        body["price_override"] = show(row.price_override)
    available = row.available
    if available is not None and (available < _FEW or available < row.quantity):
        body["available"] = available
    return body


def _method(cart: PricedCart) -> str | None:
    """Return the method that the buyer chose, also if it is not available, or the preselected."""
    selected = cart.totals.shipping_method
    return selected.code if selected else cart.members.shipping_method or None


def _parts(totals: Totals) -> dict[str, Any]:
    """Return the lists of methods, vouchers, discounts, taxes and estimates."""
    return {
        "shipping_methods": [
            {
                "code": method.code,
                "name": method.name,
                "type": method.type,
                "price": show(method.price),
                "earliest": method.earliest,
                "latest": method.latest,
                "missing_for_free": _amount_or_none(method.missing_for_free),
                "preselected": method.preselected,
            }
            for method in totals.shipping_methods
        ],
        "vouchers": [_voucher(voucher) for voucher in totals.vouchers],
        "discounts": [
            {
                "promotion_id": discount.promotion_id,
                "name": discount.name,
                "kind": discount.kind,
                "code": discount.code,
                "target": discount.target,
                "amount": show(discount.amount),
                "allocations": [
                    {"product_id": share.product_id, "amount": show(share.amount)}
                    for share in discount.allocations
                ],
            }
            for discount in totals.discounts
        ],
        "taxes": [
            {
                "rate": show_rate(row.rate),
                "country": row.country,
                "region": row.region,
                "name": row.name,
                "base": show(row.base),
                "amount": show(row.amount),
                "reason": row.reason,
            }
            for row in totals.taxes
        ],
        "estimated": [{"member": one.member, "reason": one.reason} for one in totals.estimated],
    }


def _voucher(voucher: PricedVoucher) -> dict[str, Any]:
    """Return a code. One that does not apply has the facts of its reason, as its problem does."""
    body = {
        "code": voucher.code,
        "name": voucher.name,
        "is_applied": voucher.is_applied,
        "amount": show(voucher.amount),
        "reason": voucher.reason,
    }
    facts = voucher.facts
    if "missing" in facts:
        facts["missing"] = show(facts["missing"])
    return body | facts


def _amounts(totals: Totals) -> dict[str, str]:
    return {
        "subtotal": show(totals.subtotal),
        "discount_total": show(totals.discount_total),
        "shipping_price": show(totals.shipping_price),
        "shipping_total": show(totals.shipping_total),
        "fee_total": show(totals.fee_total),
        "tax_total": show(totals.tax_total),
        "total": show(totals.total),
    }


def _payment_methods(total: Decimal, language: str) -> list[dict[str, Any]]:
    """Return the methods that accept the total; none if nothing is to pay."""
    methods = payment_methods() if total > ZERO else ()
    return [method.body_in(language) for method in methods if method.accepts(total)]


def _explanation(totals: Totals) -> list[dict[str, Any]]:
    return [
        {
            "step": step.step,
            "name": step.name,
            "amount": show(step.amount),
            "total": show(step.total),
            "facts": _shown(step.facts),
        }
        for step in explain(totals)
    ]


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts with their decimals as text: rates are percentages, the others amounts."""
    return {name: _as_text(name, value) for name, value in facts.items()}


def _as_text(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return show_rate(value) if name == "rate" else show(value)
    return [_shown(part) for part in value] if isinstance(value, list) else value


def _amount_or_none(amount: Decimal | None) -> str | None:
    return None if amount is None else show(amount)
