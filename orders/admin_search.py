"""The search for orders in the admin: by what buyers and clerks have at hand.

The shape of a term decides what it can be, so that a number is not mistaken: only digits are the
id or the number of an order; an amount has decimals or the currency; a phone number begins with +
or 0. Everything else is a number in any spelling, a name, an address or a reference.
"""

import re
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import login_key
from orders.admin_parts import search_conditions
from orders.models import Order, OrderAddress, OrderItem
from orders.numbers import read_number
from shop.core.admin import ReadOnlyAdmin, is_number
from shop.core.money import MAX_AMOUNT, currency

_MAX_LENGTH = 100
_PHONE = re.compile(r"[+0][0-9 ()/.-]{5,}")
_AMOUNT = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,2}))?( ?[A-Z]{3})?")


def condition_of(term: str) -> Q:
    """Return the condition that finds the orders that a term is about."""
    term = term.strip()[:_MAX_LENGTH]
    number = read_number(term)
    found = Q() if number is None else Q(number=number)
    if is_number(term) and term[0] != "0":
        return found | Q(pk=int(term))
    amount = _amount_of(term)
    if amount is not None:
        return found | Q(total=amount)
    if _PHONE.fullmatch(term):
        return found | _has_phone(term)
    return found | _has_text(term)


def _amount_of(term: str) -> Decimal | None:
    """Return the amount of a term that has decimals or ends with the shop's currency."""
    match = _AMOUNT.fullmatch(term.upper())
    if match is None or not (match[2] or match[3]):
        return None
    if match[3] and match[3].strip() != currency():
        return None
    return min(Decimal(f"{match[1]}.{match[2] or 0}"), MAX_AMOUNT)


def _has_phone(term: str) -> Q:
    digits = re.sub(r"[^0-9]", "", term)
    digits = digits if term[0] == "+" else digits.lstrip("0")
    if not digits:
        return Q(pk__in=[])
    addresses = OrderAddress.objects.filter(phone__endswith=digits)
    return Q(phone__endswith=digits) | Q(pk__in=addresses.values("order"))


def _has_text(term: str) -> Q:
    key = login_key(term)
    found = Q(email_key__startswith=key)
    found |= Q(user__username_key__startswith=key) | Q(user__email_key__startswith=key)
    found |= _has_name(term)
    addresses = OrderAddress.objects.filter(Q(name__icontains=term) | Q(company__icontains=term))
    items = OrderItem.objects.filter(Q(name__icontains=term) | Q(sku__iexact=term))
    found |= Q(pk__in=addresses.values("order")) | Q(pk__in=items.values("order"))
    for condition in search_conditions(term):
        found |= condition
    return found


def _has_name(term: str) -> Q:
    """Return the condition that each word is in the name of the order's user."""
    named = Q()
    for word in term.split():
        named &= Q(user__first_name__icontains=word) | Q(user__last_name__icontains=word)
    return named


class FoundByOrder(ReadOnlyAdmin):
    """Rows that belong to orders.

    A term of digits is the number of a row, so that it is not mistaken for that of an order. Other
    terms find what the row itself has, and the rows of the orders that they find.
    """

    order_lookup = "order"
    """The path from a row to its order."""

    def own_condition(self, term: str) -> Q:
        """Return the condition with which a term finds rows by what they have themselves."""
        return Q(pk__in=[])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search rows by their number, by what they have, and by their order."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if is_number(term):
            return queryset.filter(pk=int(term)), False
        orders = Order.objects.filter(condition_of(term)).values("pk")
        of_orders = Q((f"{self.order_lookup}__in", orders))
        return queryset.filter(self.own_condition(term) | of_orders), False
