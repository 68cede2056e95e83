"""Orders of guests that join the account of their verified e-mail address."""

from accounts.models import User
from orders.models import Order
from orders.services.timeline import add_to_timeline


def join_orders_of_guests(user: User) -> None:
    """Give a user the orders that guests placed with the user's address, which is verified now.

    Needs the caller's transaction, which has locked the user. Locks the orders.
    """
    orders = Order.objects.filter(user=None, email_key=user.email_key).exclude(email_key="")
    rows = list(orders.select_for_update(no_key=True).order_by("pk").values_list("pk", "status"))
    Order.objects.filter(pk__in=[pk for pk, _ in rows]).update(user=user)
    for pk, status in rows:
        add_to_timeline(pk, status, "Joined the account", user)
