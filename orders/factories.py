"""Orders for tests, placed by the service that places every order."""

from accounts.models import User
from cart.factories import fill_cart
from catalog.models import Product
from orders import services
from orders.models import Order


def place_order(user: User, *products: Product, quantity: int = 1) -> Order:
    """Place an order of ``quantity`` of each product, of one new product unless told."""
    cart_id = fill_cart(user, *products, quantity=quantity)
    return services.place_order(user=user, cart_id=cart_id)
