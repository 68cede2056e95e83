"""Carts for tests."""

from accounts.models import User
from cart import services
from catalog.factories import ProductFactory
from catalog.models import Product


def fill_cart(user: User, *products: Product, quantity: int = 1) -> int:
    """Add ``quantity`` of each product, or of one new product, to the user's open cart.

    Returns the cart's id.
    """
    for product in products or (ProductFactory(),):
        cart_id = services.add_item(user=user, product_id=product.pk, quantity=quantity)
    return cart_id
