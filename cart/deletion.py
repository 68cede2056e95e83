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
