"""Deletion of carts: of deleted accounts, and of those that are not changed any more."""

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from cart.guests import changed_within
from cart.models import Cart, CartStatus, Draft
from shop.core.transactions import transactional


def forget_carts(user: User) -> None:
    """Delete the carts of a user, and the personal data of those that were ordered.

    Needs the caller's transaction, which has locked the user. An order keeps its cart, which is a
    guest's if the order joined the account later.
    """
    of_user = Q(user=user) | Q(pk__in=Draft.objects.filter(customer=user).values("cart"))
    Cart.objects.filter(of_user).exclude(status=CartStatus.ORDERED).delete()
    for ordered in (Cart.objects.filter(user=user), Cart.objects.filter(order__user=user)):
        ordered.update(
            email="",
            phone="",
            shipping_address=None,
            billing_address=None,
            note="",
            consents={},
            metadata={},
            private_metadata={},
        )


def delete_carts_of_deleted_accounts(limit: int) -> int:
    """Delete up to ``limit`` carts of deleted accounts, except those that were ordered.

    A request that was authenticated before the deletion may have opened one after it.
    """
    left = Cart.objects.filter(user__deleted_at__isnull=False).exclude(status=CartStatus.ORDERED)
    batch = list(left.values_list("pk", flat=True)[:limit])
    Cart.objects.filter(pk__in=batch).delete()
    return len(batch)


def delete_old_carts(limit: int) -> int:
    """Delete up to ``limit`` carts that are not changed any more, and return their number.

    Never deletes an ordered cart. A cart that was merged is kept as long as a guest's, so that its
    merge can be repeated, and a draft as long as a user's.
    """
    is_draft = Exists(Draft.objects.filter(cart=OuterRef("pk")))
    guests = Q(user=None) & ~Q(is_draft) | Q(status=CartStatus.MERGED)
    return _delete(guests, settings.GUEST_CART_DAYS, limit) or _delete(
        ~guests, settings.USER_CART_DAYS, limit
    )


@transactional
def _delete(carts: Q, days: int, limit: int) -> int:
    """Delete a batch. Leaves out the carts that somebody writes just now."""
    old = Cart.objects.filter(carts & ~changed_within(days)).exclude(status=CartStatus.ORDERED)
    skip = connection.features.has_select_for_update_skip_locked
    locked = old.select_for_update(skip_locked=skip).order_by("updated_at")
    batch = list(locked.values_list("pk", flat=True)[:limit])
    # Again with the condition: an item may have been added before the locks were granted.
    old.filter(pk__in=batch).delete()
    return len(batch)
