"""Changes of a whole cart: what a buyer enters on the pages of a checkout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from cart.guests import Buyer
from cart.locks import lock_cart
from cart.models import Cart, CartItem
from cart.priced import PricedCart, view_cart
from cart.promotions.models import fold_code
from cart.services import Opened, open_cart
from cart.statements import ProductToAdd, new_items, products_to_add
from catalog.errors import OutOfStock, ProductNotFound
from catalog.prices.current import current_price
from catalog.prices.reads import active_sales_of
from catalog.services import variant_required
from shop.core.errors import InvalidField
from shop.core.phones import normalize_phone
from shop.core.transactions import transactional

_EMPTY: dict[str, Callable[[], Any]] = {
    "shipping_address": lambda: None,
    "billing_address": lambda: None,
    "voucher_codes": list,
    "consents": dict,
    "metadata": dict,
}
"""The values of the columns other than texts, if nothing is set."""


@transactional
def change_cart(*, buyer: Buyer, changes: Mapping[str, Any]) -> tuple[Opened, PricedCart]:
    """Change members of the buyer's open cart, and open one if there is none. Return it priced.

    ``changes`` are the validated members of ``CartChangesSerializer``. Their values replace what
    the cart has; None clears it. Either all changes are made or none. Raises InvalidField for the
    phone number; ProductNotFound, VariantRequired and OutOfStock for items; NoOpenCart for a guest
    whose cart is not open any more.
    """
    columns = {name: _column(name, value) for name, value in changes.items() if name != "items"}
    cart_id = lock_cart(buyer)
    if columns.get("phone"):
        columns["phone"] = international_phone(columns["phone"], _country(cart_id, columns))
    if cart_id is None:
        opened = open_cart(buyer, columns)
        _add_items(opened.cart_id, _quantities(changes.get("items")))
    else:
        opened = Opened(cart_id)
        if "items" in changes:
            replace_items(cart_id, _quantities(changes["items"]))
        Cart.objects.filter(pk=cart_id).update(updated_at=Now(), **columns)
    return opened, view_cart(buyer=buyer if buyer.user else replace(buyer, cart_id=opened.cart_id))


def _quantities(items: Sequence[Mapping[str, int]] | None) -> dict[int, int]:
    """Return the quantities of validated items by product."""
    return {item["product_id"]: item["quantity"] for item in items or ()}


def _column(name: str, value: Any) -> Any:
    """Return what a column holds for a member."""
    if value is None:
        return _EMPTY.get(name, str)()
    if name == "voucher_codes":
        return list({fold_code(code): code for code in reversed(value)}.values())[::-1]
    return value


def _country(cart_id: int | None, columns: Mapping[str, Any]) -> str:
    """Return the country of the shipping address, or an empty text."""
    if "shipping_address" in columns or cart_id is None:
        address = columns.get("shipping_address")
    else:
        address = Cart.objects.values_list("shipping_address", flat=True).get(pk=cart_id)
    country: str = (address or {}).get("country", "")
    return country


def international_phone(number: str, country: str) -> str:
    """Return a phone number of a country in its international form. Raises InvalidField."""
    try:
        return normalize_phone(number, country)
    except ValidationError as error:
        raise InvalidField(field="phone", reason=" ".join(error.messages)) from None


def _add_items(cart_id: int, quantities: Mapping[int, int]) -> None:
    """Insert the items of a cart that was opened just now, with the next statement.

    Raises ProductNotFound, VariantRequired and OutOfStock, as for an addition.
    """
    if quantities:
        prices = _check_products(quantities)
        new_items.send_with_next(
            (cart_id, product_id, quantity, prices[product_id])
            for product_id, quantity in quantities.items()
        )


def replace_items(cart_id: int, quantities: Mapping[int, int]) -> None:
    """Set the items of a locked cart. Sends the same number of statements for any number of items.

    Raises ProductNotFound, VariantRequired and OutOfStock, as for an addition.
    """
    prices = _check_products(quantities)
    CartItem.objects.filter(cart_id=cart_id).exclude(product_id__in=quantities).delete()
    set_items(cart_id, quantities, prices)


def set_items(
    cart_id: int, quantities: Mapping[int, int], prices: Mapping[int, Decimal | None]
) -> None:
    """Insert items of a locked cart, or set their quantities, with the prices that buyers saw."""
    CartItem.objects.bulk_create(
        [
            CartItem(
                cart_id=cart_id,
                product_id=product_id,
                quantity=quantity,
                price_seen=prices.get(product_id),
                changed_at=Now(),
            )
            for product_id, quantity in quantities.items()
        ],
        update_conflicts=True,
        unique_fields=["cart", "product"],
        update_fields=["quantity", "price_seen", "changed_at"],
    )


def read_products(product_ids: Sequence[int]) -> dict[int, ProductToAdd]:
    """Return the products that are for sale, by id. One statement."""
    return {row.product_id: row for row in products_to_add.rows(product_ids=list(product_ids))}


def current_prices(products: Mapping[int, ProductToAdd]) -> dict[int, Decimal]:
    """Return the current prices of products by id. One statement if a sale is active, else none."""
    has_sale = any(product.has_sale for product in products.values())
    sales = active_sales_of(products) if has_sale else {}
    return {pk: current_price(row.list_price, sales.get(pk, ())) for pk, row in products.items()}


def _check_products(wanted: Mapping[int, int]) -> dict[int, Decimal]:
    """Return the current prices of products. Raises an error for those that cannot be ordered."""
    products = read_products(list(wanted))
    short = []
    for product_id, quantity in wanted.items():
        product = products.get(product_id)
        if product is None:
            raise ProductNotFound
        if product.has_variants:
            raise variant_required(product_id)
        if quantity > product.stock and not product.backorder:
            short.append(product)
    if short:
        raise OutOfStock(
            product_id=short[0].product_id,
            name=short[0].name,
            available=short[0].stock,
            product_ids=[product.product_id for product in short],
        )
    return current_prices(products)
