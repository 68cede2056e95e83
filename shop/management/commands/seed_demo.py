"""``manage.py seed_demo``: a shop to look at."""

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User, fold
from cart.services import add_item
from catalog.models import Product
from catalog.services import create_product
from orders import services as orders
from orders.models import Order
from payments import services as payments
from shop.management.demo_catalogue import DEMO_PRODUCTS

# Printed for everyone to use; that is why DEBUG must be on.
CUSTOMER = ("demo", "demo@example.com", "welcome-to-the-shop")
STAFF = ("staff", "staff@example.com", "behind-the-counter")
PRODUCTS_IN_HISTORY = 12  # two in each of six orders


class Command(BaseCommand):
    """Loads the demo catalogue, and on demand two logins and an order history."""

    help = (
        "Loads the demo catalogue; what is there by name already is left alone, so running it "
        "again changes nothing."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--if-empty`` and ``--with-logins``."""
        parser.add_argument(
            "--if-empty", action="store_true", help="Load no product if the shop has any."
        )
        parser.add_argument(
            "--with-logins",
            action="store_true",
            help="Also make a demo customer with orders, and a demo member of staff. Their "
            "passwords are public, so DEBUG must be on.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is not there yet. Raises CommandError for logins with DEBUG off."""
        if options["with_logins"] and not settings.DEBUG:
            raise CommandError(
                "--with-logins makes accounts whose passwords everyone knows: it wants DEBUG on. "
                "Make a member of staff with `manage.py createsuperuser` instead."
            )
        loaded = 0 if options["if_empty"] and Product.objects.exists() else load_catalogue()
        self.stdout.write(f"{loaded} demo products loaded")
        if options["with_logins"]:
            self._load_logins()

    def _load_logins(self) -> None:
        customer, staff = get_or_make_user(*CUSTOMER), get_or_make_user(*STAFF, is_staff=True)
        if not Order.objects.filter(user=customer).exists():
            load_history(customer, staff)
        self.stdout.write(f"  customer  {CUSTOMER[0]}   password  {CUSTOMER[2]}")
        self.stdout.write(f"  staff     {STAFF[0]}  password  {STAFF[2]}")


@transaction.atomic
def load_catalogue() -> int:
    """Create the demo products whose name is not there yet; return how many."""
    known = set(Product.objects.values_list("name", flat=True))
    missing = [product for product in DEMO_PRODUCTS if product.name not in known]
    for product in missing:
        create_product(
            name=product.name,
            price=Decimal(product.price),
            description=product.description,
            stock=product.stock,
        )
    return len(missing)


def get_or_make_user(username: str, email: str, password: str, *, is_staff: bool = False) -> User:
    """Return the user of that name, made with that password if there was none."""
    user = User.objects.filter(username_key=fold(username)).first()
    if user is None:
        user = User(username=username, email=email, is_staff=is_staff, is_superuser=is_staff)
        user.set_password(password)
        user.save()
    return user


def load_history(customer: User, staff: User) -> None:
    """Give the customer an order in each state that one may meet.

    Does nothing in a shop of one's own that has too few products in stock for it.
    """
    plenty = Product.objects.for_sale().filter(stock__gte=10).order_by("pk")[:PRODUCTS_IN_HISTORY]
    if len(plenty) < PRODUCTS_IN_HISTORY:
        return
    products = iter(plenty)

    def order(quantity: int = 1) -> Order:
        cart_id = add_item(user=customer, product_id=next(products).pk, quantity=quantity)
        add_item(user=customer, product_id=next(products).pk, quantity=1)
        return orders.place_order(user=customer, cart_id=cart_id)

    delivered = _pay(order(2), "bank_transfer", staff)
    orders.ship_order(order_id=delivered.pk, actor=staff)
    orders.deliver_order(order_id=delivered.pk, actor=staff)
    shipped = _pay(order(), "bank_transfer", staff)
    orders.ship_order(order_id=shipped.pk, actor=staff)
    _pay(order(3), "bank_transfer", staff)
    _pay(order(), "cash_on_delivery", None)
    orders.cancel_order(order_id=order().pk, actor=customer, note="Order cancelled")
    _pay(order(), "bank_transfer", None)


def _pay(order: Order, method: str, recorded_by: User | None) -> Order:
    """Pay by a method whose money staff record, and record it if someone is to."""
    payment_id = payments.begin_payment(user=order.user, order_id=order.pk, method=method)
    payments.charge(payment_id=payment_id)
    if recorded_by is not None:
        payments.record_manual_payment(payment_id=payment_id, actor=recorded_by)
    return order
