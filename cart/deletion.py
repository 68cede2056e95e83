"""What becomes of the carts of an account that is deleted."""

from accounts.models import User
from cart.models import Cart, CartStatus


def forget_carts(user: User) -> None:
    """Delete the carts of a user, and the personal data of those that were ordered.

    Needs the caller's transaction, which has locked the user. An order keeps its cart.
    """
    carts = Cart.objects.filter(user=user)
    carts.exclude(status=CartStatus.ORDERED).delete()
    carts.update(
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
