"""What is wrong with a cart: one vocabulary for carts and refused orders.

A cart reports all problems in the order of ``problems_of``. A blocking problem would refuse the
order. The classes are errors, so that an order can be refused with them.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cart.columns import CartItemRow
from cart.priced import Address, PricedCart
from cart.pricing import PricingProblem, VoucherReason
from catalog.errors import OutOfStock, ProductUnavailable
from shop.core.errors import Conflict, ShopError
from shop.core.money import show
from shop.core.postal_addresses import PostalAddress, label_of, missing_fields

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class CartEmpty(Conflict):
    """The cart has no items."""

    code = "cart_empty"
    reports_all = True
    field = "items"
    message = _("Your cart is empty. Add a product before you place an order.")


class PriceChanged(Conflict):
    """A notice: the price is not that of the last addition. Facts: product_id, name, old, new."""

    code = "price_changed"
    amounts = ("old", "new")
    field = "items"
    message = _("The price of “{name}” has changed from {old} to {new}.")
    example: ClassVar[dict[str, Any]] = {
        "product_id": 7,
        "name": "Tea",
        "old": "4.50",
        "new": "5.00",
    }


class VoucherNotApplicable(Conflict):
    """A voucher code does not apply. Facts: voucher_code, reason; missing or with, by the reason.

    ``missing`` is an amount in the shop's currency, ``with`` the codes that apply instead.
    """

    code = "voucher_not_applicable"
    amounts = ("missing",)
    reports_all = True
    field = "voucher_codes"
    example: ClassVar[dict[str, Any]] = {"voucher_code": "SPRING", "reason": "expired"}
    _MESSAGES: ClassVar[dict[str, "StrOrPromise"]] = {
        VoucherReason.UNKNOWN: _("The code “{voucher_code}” is not valid."),
        VoucherReason.EXPIRED: _("The code “{voucher_code}” has expired."),
        VoucherReason.NOT_STARTED: _("The code “{voucher_code}” is not valid yet."),
        VoucherReason.USED_UP: _("The code “{voucher_code}” has been used already."),
        VoucherReason.MINIMUM_TOTAL: _(
            "Add items for {missing} more to use the code “{voucher_code}”."
        ),
        VoucherReason.NOT_FOR_THESE_ITEMS: _(
            "The code “{voucher_code}” does not apply to the items in your cart."
        ),
        VoucherReason.NOT_COMBINABLE: _(
            "The code “{voucher_code}” cannot be combined with “{others}”."
        ),
        VoucherReason.NOT_FOR_YOU: _("You cannot use the code “{voucher_code}”."),
    }

    def template(self) -> "StrOrPromise":
        """Choose by the reason."""
        return self._MESSAGES[self.facts["reason"]]

    def words(self) -> dict[str, Any]:
        """Add the other codes."""
        others = ", ".join(self.facts.get("with", ()))
        return {**super().words(), "others": others}


class EmailMissing(Conflict):
    """A guest's cart has no e-mail address."""

    code = "email_missing"
    reports_all = True
    field = "email"
    message = _("Please enter your e-mail address, so that we can send you the order.")


class AddressIncomplete(Conflict):
    """An address cannot be used yet. Facts: missing, the names of its members.

    ``field`` is the address, of the goods or of the bill.
    """

    code = "address_incomplete"
    reports_all = True
    message = _("Please complete the address: {labels}.")
    example: ClassVar[dict[str, Any]] = {"missing": ["line1", "city"]}
    field = "shipping_address"

    _country = ""

    def of(self, address: str, country: str) -> Self:
        """Return this error, about a member of the cart; ``country`` is the code of its country."""
        self.field = address  # type: ignore[misc]  # differs from that of the class
        self._country = country
        return self

    def words(self) -> dict[str, Any]:
        """Name the members as their country does."""
        labels = [str(label_of(name, self._country)) for name in self.facts["missing"]]
        return {"labels": ", ".join(labels)}


class ShippingMethodUnavailable(Conflict):
    """The chosen shipping method, or any method, is not available. Facts: shipping_method.

    It is the code of the method, or null if none was chosen.
    """

    code = "shipping_method_unavailable"
    reports_all = True
    field = "shipping_method"
    message = _("The shipping method is not available for this order. Please choose another one.")
    none_chosen = _("No shipping method is available for this order and address.")
    example: ClassVar[dict[str, Any]] = {"shipping_method": "standard"}

    def template(self) -> "StrOrPromise":
        """Say it differently if the buyer chose none."""
        return self.message if self.facts["shipping_method"] else self.none_chosen


NOTICES = (PriceChanged,)
"""Problems that do not prevent the order."""


def problems_of(cart: PricedCart) -> list[ShopError]:
    """Return all problems of a cart, in their fixed order."""
    if not cart.items:
        return [CartEmpty()]
    found = _of_items(cart)
    of_pricing = [_of_pricing(problem) for problem in cart.totals.problems]
    found += [problem for problem in of_pricing if isinstance(problem, VoucherNotApplicable)]
    if cart.buyer.user is None and not cart.members.email:
        found.append(EmailMissing())
    found += _addresses(cart)
    found += [problem for problem in of_pricing if not isinstance(problem, VoucherNotApplicable)]
    return found


def is_blocking(problem: ShopError) -> bool:
    """Return whether an order would be refused because of a problem."""
    return not isinstance(problem, NOTICES)


def serialize_problem(problem: ShopError) -> dict[str, Any]:
    """Return a problem as an item of ``problems``."""
    return {
        "code": problem.code,
        "blocking": is_blocking(problem),
        "field": _FIELDS.get(problem.code) or problem.fields[0],
        "detail": problem.detail,
        **problem.facts,
    }


def products_of(problem: ShopError) -> list[int]:
    """Return the products that a problem is about; an empty list for a problem of the cart."""
    facts = problem.facts
    several: list[int] = facts.get("product_ids", [])
    return several or ([facts["product_id"]] if "product_id" in facts else [])


_FIELDS = dict.fromkeys(("out_of_stock", "product_unavailable", "cart_full"), "items")


def _of_items(cart: PricedCart) -> list[ShopError]:
    """Return the problems of the items: one kind after the other, each in the order of items."""
    # Most carts have no problem, and are read often.
    suspicious = [
        (row, priced.item.unit_price)
        for row, priced in zip(cart.items, cart.totals.items, strict=True)
        if row.price_seen != priced.item.unit_price
        or row.stock < row.quantity
        or not row.is_sellable
    ]
    kinds = (_unavailable, _shortage, _price_change)
    found = [kind(*pair) for kind in kinds for pair in suspicious]
    return [problem for problem in found if problem is not None]


def _unavailable(row: CartItemRow, _price: Decimal) -> ShopError | None:
    if row.is_sellable:
        return None
    return ProductUnavailable(product_ids=[row.product_id], names=[row.name])


def _shortage(row: CartItemRow, _price: Decimal) -> ShopError | None:
    if row.backorder or row.stock >= row.quantity or not row.is_sellable:
        return None
    return OutOfStock(
        product_id=row.product_id,
        name=row.name,
        available=max(0, row.stock),
        product_ids=[row.product_id],
    )


def _price_change(row: CartItemRow, price: Decimal) -> ShopError | None:
    if row.price_seen is None or row.price_seen == price:
        return None
    old, new = show(row.price_seen), show(price)
    return PriceChanged(product_id=row.product_id, name=row.name, old=old, new=new)


def _addresses(cart: PricedCart) -> Iterator[ShopError]:
    """Yield what addresses lack. Without REQUIRE_SHIPPING an order needs none, but no half one."""
    needs_address = settings.REQUIRE_SHIPPING and cart.totals.requires_shipping
    if cart.totals.requires_shipping:
        yield from _incomplete(
            "shipping_address", cart.members.shipping_address, is_needed=needs_address
        )
    yield from _incomplete("billing_address", cart.members.billing_address, is_needed=False)


def _incomplete(name: str, address: Address | None, *, is_needed: bool) -> Iterator[ShopError]:
    if address is None and not is_needed:
        return
    postal = PostalAddress.from_json(address)
    missing = missing_fields(postal)
    if missing:
        yield AddressIncomplete(missing=missing).of(name, postal.country)


def _of_pricing(problem: PricingProblem) -> ShopError:
    facts = dict(problem.facts)
    if problem.code == "shipping_method_unavailable":
        return ShippingMethodUnavailable(**facts)
    facts["voucher_code"] = facts.pop("code")
    facts["reason"] = str(facts["reason"])
    if isinstance(facts.get("missing"), Decimal):
        facts["missing"] = show(facts["missing"])
    return VoucherNotApplicable(**facts)
