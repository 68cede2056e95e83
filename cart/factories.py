"""Carts for tests."""

from accounts.models import User
from cart import services
from cart.guests import Buyer
from catalog.factories import ProductFactory
from catalog.models import Product


def fill_cart(user: User, *products: Product, quantity: int = 1) -> int:
    """Add ``quantity`` of each product, or of one new product, to the user's open cart.

    Returns the cart's id.
    """
    for product in products or (ProductFactory(),):
        cart = services.add_item(buyer=Buyer(user), product_id=product.pk, quantity=quantity)
    return cart.cart_id
