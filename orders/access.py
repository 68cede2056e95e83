"""Who may see an order: its user, the guest who has the token of its cart, and holders of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.models import User
from cart.guests import HEADER as CART_HEADER
from cart.guests import Buyer, guest_with
from orders.tokens import HEADER as ORDER_HEADER
from orders.tokens import order_of_token
from shop.core.errors import Unauthorized

if TYPE_CHECKING:
    from rest_framework.request import Request


@dataclass(frozen=True, slots=True)
class OrderAccess:
    """What the credentials of a request give access to.

    ``buyer`` is the user or guest who sends it, None for someone who has only a link.
    ``cart_id`` is the cart of a token that a user sends too, and ``order_id`` the order of a link.
    """

    buyer: Buyer | None = None
    cart_id: int | None = None
    order_id: int | None = None

    @property
    def user(self) -> User | None:
        """The user who is signed in."""
        return None if self.buyer is None else self.buyer.user

    @property
    def guest(self) -> str | None:
        """Whom idempotency keys belong to if no user is signed in."""
        if self.buyer is not None and self.buyer.guest:
            return self.buyer.guest
        return None if self.order_id is None else f"order:{self.order_id}"

    def orders(self, prefix: str = "") -> Q:
        """Return the condition that an order may be seen. ``prefix`` is the path to the order."""
        found = Q(pk__in=[])
        if self.user is not None:
            found |= Q(**{f"{prefix}user": self.user.pk})
        for cart_id in (self.cart_id, self.buyer and self.buyer.cart_id):
            if cart_id is not None:
                found |= Q(**{f"{prefix}cart": cart_id})
        if self.order_id is not None:
            found |= Q(**{f"{prefix}id": self.order_id})
        return found

    def owner_of(self, order_id: int) -> dict[str, int]:
        """Return the arguments with which ``Order.objects.lock`` finds an order of the caller."""
        if self.order_id == order_id:
            return {}
        if self.user is not None:
            return {"user_id": self.user.pk}
        return {"cart_id": (self.buyer and self.buyer.cart_id) or 0}


def access_for(user: User | None) -> OrderAccess:
    """Return the access of a user who is signed in."""
    return OrderAccess(Buyer(user=user))


def access_of(request: Request, *, reads: bool = False) -> OrderAccess:
    """Return what a request gives access to. Sends one statement for each token.

    With a login the token of a cart is only looked at by requests that read. Raises
    CartTokenInvalid and OrderTokenInvalid (401), and Unauthorized without login and token.
    """
    order_token = request.META.get(ORDER_HEADER)
    order_id = None if order_token is None else order_of_token(order_token)
    cart_token = request.META.get(CART_HEADER)
    if isinstance(request.user, User):
        cart_id = guest_with(cart_token).cart_id if cart_token is not None and reads else None
        return OrderAccess(Buyer(user=request.user), cart_id, order_id)
    if cart_token is not None:
        return OrderAccess(guest_with(cart_token), None, order_id)
    if order_id is None:
        raise Unauthorized
    return OrderAccess(order_id=order_id)
