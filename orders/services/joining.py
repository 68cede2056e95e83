"""Orders of guests that join the account of their verified e-mail address.

They join when the address is verified, and those that are placed afterwards once they are no longer
pending: what somebody places under the address of another and does not pay would count towards the
limits of the account.
"""

from accounts.models import User
from orders.models import Order
from orders.services.timeline import add_to_timeline
from orders.states import OrderStatus
from orders.timeline_texts import JOINED
from shop.core.models import Event
from shop.core.transactions import transactional

SECURED = ("order.placed", "order.confirmed", "order.paid")
"""The events after which an order may have become one that is not pending."""


def join_orders_of_guests(user: User) -> None:
    """Give a user the orders that guests placed with the user's address, which is verified now.

    Needs the caller's transaction, which has locked the user. Locks the orders.
    """
    orders = Order.objects.filter(user=None, email_key=user.email_key).exclude(email_key="")
    rows = list(orders.select_for_update(no_key=True).order_by("pk").values_list("pk", "status"))
    Order.objects.filter(pk__in=[pk for pk, _ in rows]).update(user=user)
    for pk, status in rows:
        add_to_timeline(pk, status, JOINED, user)


@transactional
def join_account_of_address(event: Event) -> None:
    """Give an order of a guest to the account that has its address and has verified it, if any.

    A handler of ``SECURED``. Doing it again changes nothing. Locks the user, then the order.
    """
    orders = Order.objects.filter(pk=event.object_id, user=None).exclude(email_key="")
    key = orders.values_list("email_key", flat=True).first()
    if key is None:
        return
    users = User.objects.select_for_update(no_key=True)
    user = users.filter(email_key=key, email_verified_at__isnull=False, is_active=True).first()
    if user is None:
        return
    order = Order.objects.lock(event.object_id)
    is_settled = order.status not in {OrderStatus.PENDING, OrderStatus.CANCELLED}
    if order.user_id is None and order.email_key == key and is_settled:
        Order.objects.filter(pk=order.pk).update(user=user)
        add_to_timeline(order.pk, order.status, JOINED, user)
