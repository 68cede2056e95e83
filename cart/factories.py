"""Carts for tests."""

from accounts.models import User
from cart import services
from cart.guests import Buyer
from cart.models import CartItem
from catalog.factories import ProductFactory
from catalog.models import Product


def fill_cart(user: User, *products: Product, quantity: int = 1) -> int:
    """Add ``quantity`` of each product, or of one new product, to the user's open cart.

    All but the first product must be new in the cart. Returns the cart's id.
    """
    first, *others = products or (ProductFactory(),)
    cart_id = services.add_item(buyer=Buyer(user), product_id=first.pk, quantity=quantity).cart_id
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart_id, product=product, quantity=quantity) for product in others
    )
    return cart_id
