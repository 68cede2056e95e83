"""Orders for tests."""

from accounts.factories import UserFactory
from accounts.models import User
from cart.factories import fill_cart
from cart.guests import Buyer
from cart.models import Cart, CartStatus
from catalog.models import Product
from orders import services
from orders.models import Order


def place_order(user: User, *products: Product, quantity: int = 1) -> Order:
    """Place an order as a buyer does: ``quantity`` of each product, or of one new product."""
    cart_id = fill_cart(user, *products, quantity=quantity)
    return services.place_order(buyer=Buyer(user), cart_id=cart_id)


def bare_orders(count: int) -> list[Order]:
    """Insert ``count`` orders without items, each of another new user, for tests of long lists."""
    carts = Cart.objects.bulk_create(
        Cart(user=user, status=CartStatus.ORDERED) for user in UserFactory.create_batch(count)
    )
    return Order.objects.bulk_create(
        Order(user=cart.user, cart=cart, total="4.50", currency="USD") for cart in carts
    )
