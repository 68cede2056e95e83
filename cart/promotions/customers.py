"""Who has used a promotion or a voucher: the account counts as well as the e-mail address."""

from typing import Any

from django.db.models import Q

from accounts.addresses import fold_address


def customer_of(user_id: int | None, email: str) -> dict[str, Any]:
    """Return what is known of a customer, as the arguments of a compiled statement."""
    customer: dict[str, Any] = {}
    if user_id is not None:
        customer["user_id"] = user_id
    if email:
        customer["email_key"] = fold_address(email)
    return customer


def of_customer(user_id: int | None, email_key: str | None) -> Q:
    """Return the condition of the uses of a customer; none if nothing is known."""
    condition = Q(pk__in=[])
    if user_id is not None:
        condition |= Q(user_id=user_id)
    if email_key is not None:
        condition |= Q(email_key=email_key)
    return condition
