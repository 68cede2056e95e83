"""The rows, callers and request bodies with which each operation of docs/security.md is tried."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import links
from accounts.factories import PASSWORD, staff_with
from accounts.models import Address, User
from accounts.tests.test_address_book import BERLIN
from accounts.tokens import open_session
from cart.changes import change_cart
from cart.drafts import create_draft
from cart.factories import fill_cart
from cart.guests import Buyer
from cart.promotions.factories import create_promotion, create_voucher
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from cart.taxes.models import ShippingTax
from cart.taxes.vat_numbers import VatNumber
from catalog import revision
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory, ShirtFactory
from catalog.images.files import store_image
from catalog.images.services import add_image
from catalog.models import ImageDownload, ProductChange, StockMovement
from catalog.services import (
    create_attribute,
    create_collection,
    create_option_translation,
    create_synonym,
    create_tax_class,
)
from catalog.tests.uploads import upload
from orders.factories import place_order
from orders.models import Return
from orders.services import (
    add_note,
    approve_return,
    confirm_order,
    declare_withdrawal,
    request_return,
    ship_order,
)
from orders.services.returns import Wish
from payments.factories import pay
from payments.invoices import issue_invoice
from payments.models import Dispute
from shop.core.models import Event, EventDelivery, ScheduledJob
from shop.integrations.models import WebhookDelivery
from shop.integrations.services import create_endpoint
from shop.mail.models import MailText, Message

WITHDRAWAL = {"number": "1", "email": "ada@example.com", "name": "Ada"}


class World:
    """The rows that the operations name, such as ``{order}``. Each is created when it is used."""

    def __init__(self, settings: Any, owner: User) -> None:
        self.owner = owner
        self._settings = settings
        settings.METRICS_TOKEN = "0123456789-of-the-monitoring"

    def id_of(self, name: str) -> str:
        """Return what replaces ``{name}`` in a path."""
        row = getattr(self, name)
        return row if isinstance(row, str) else str(row.pk)

    def fill(self, text: str) -> str:
        """Replace each ``{name}`` in a path or a value."""
        return re.sub(r"{(\w+)}", lambda found: self.id_of(found[1]), text)

    @cached_property
    def colleague(self) -> User:
        return staff_with()

    @cached_property
    def address(self) -> Address:
        return Address.objects.create(user=self.owner, **BERLIN)

    @cached_property
    def refresh(self) -> str:
        return open_session(self.owner).refresh

    @cached_property
    def product(self) -> Any:
        return ProductFactory()

    @cached_property
    def draft(self) -> Any:
        return ProductFactory(is_published=False)

    @cached_property
    def shirt(self) -> Any:
        return ShirtFactory()

    @cached_property
    def category(self) -> Any:
        return CategoryFactory()

    @cached_property
    def hidden(self) -> Any:
        return CategoryFactory(is_published=False)

    @cached_property
    def collection(self) -> Any:
        return create_collection(name="Gifts", slug="gifts")

    @cached_property
    def attribute(self) -> Any:
        return create_attribute(name="Litres", slug="litres", kind="number")

    @cached_property
    def taxclass(self) -> Any:
        return create_tax_class(code="books", name="Books")

    @cached_property
    def option(self) -> Any:
        return create_option_translation(name="Size", translations={})

    @cached_property
    def synonym(self) -> Any:
        return create_synonym(words="sofa, couch")

    @cached_property
    def sale(self) -> Any:
        return SaleFactory(product_ids=[self.product.pk])

    @cached_property
    def image(self) -> Any:
        return _add_image(self.product)

    @cached_property
    def draft_image(self) -> Any:
        return _add_image(self.draft)

    @cached_property
    def file(self) -> str:
        return self.image.small.name

    @cached_property
    def download(self) -> Any:
        return ImageDownload.objects.create(
            image=self.image,
            url="https://example.com/a.jpg",
            status="failed",
            valid_until=timezone.now(),
            ended_at=timezone.now(),
        )

    @cached_property
    def movement(self) -> Any:
        return StockMovement.objects.get(product=self.product)

    @cached_property
    def change(self) -> Any:
        return ProductChange.objects.filter(product=self.product).latest("pk")

    @cached_property
    def type(self) -> Any:
        return ContentType.objects.get_for_model(type(self.product))

    @cached_property
    def cart(self) -> str:
        return str(fill_cart(self.owner, self.product))

    @cached_property
    def method(self) -> Any:
        return create_method(prices={"DE": "4.90"})

    @cached_property
    def rate(self) -> Any:
        return self.method.rates.get()

    @cached_property
    def tax_rate(self) -> Any:
        return create_tax_rate("DE", "19")

    @cached_property
    def shipping_tax(self) -> Any:
        return ShippingTax.objects.create(country="DE", rule="proportional")

    @cached_property
    def vat_number(self) -> Any:
        return VatNumber.objects.create(number="FR40303265045", source="VIES")

    @cached_property
    def promotion(self) -> Any:
        return create_promotion(needs_code=True)

    @cached_property
    def voucher(self) -> Any:
        return create_voucher(promotion=self.promotion)

    @cached_property
    def order(self) -> Any:
        return place_order(self.owner, self.product)

    @cached_property
    def note(self) -> Any:
        return add_note(order_id=self.order.pk, author=self.colleague, text="A gift")

    @cached_property
    def prepared(self) -> Any:
        changes = {
            "email": "eve@example.org",
            "items": [{"product_id": self.product.pk, "quantity": 1}],
        }
        return create_draft(actor=self.colleague, changes=changes, may_override=False)

    @cached_property
    def shipped_withdrawal(self) -> Any:
        order = self._pay().order
        ship_order(order_id=order.pk, actor=self.colleague)
        return declare_withdrawal(
            order_number=order.number, email=self.owner.email, name="Ada", language=""
        )

    @cached_property
    def withdrawal(self) -> Any:
        return declare_withdrawal(
            order_number="1", email="ada@example.com", name="Ada", language=""
        )

    @cached_property
    def shipped(self) -> Any:
        return self._ship()

    @cached_property
    def fulfilment(self) -> Any:
        return self.shipped.fulfilments.get()

    @cached_property
    def confirmed(self) -> Any:
        order = place_order(self.owner, self.product)
        confirm_order(order_id=order.pk, actor=self.colleague)
        return order

    def _ship(self) -> Any:
        order = place_order(self.owner, self.product)
        confirm_order(order_id=order.pk, actor=self.colleague)
        ship_order(order_id=order.pk, actor=self.colleague)
        return order

    @cached_property
    def requested(self) -> Any:
        return self._request_return()

    @cached_property
    def approved(self) -> Any:
        row = self._request_return()
        approve_return(return_id=row.pk, actor=self.colleague)
        return row

    def _request_return(self) -> Any:
        wish = Wish(units={self.product.pk: 1}, kind="return", resolution="refund")
        return_id = request_return(order_id=self._ship().pk, wish=wish, actor=self.owner)
        return Return.objects.get(pk=return_id)

    @cached_property
    def refundable(self) -> Any:
        return self.paid.order

    @cached_property
    def paid(self) -> Any:
        return self._pay()

    @cached_property
    def action(self) -> Any:
        return self._pay(token="demo_action")

    @cached_property
    def transfer(self) -> Any:
        return self._pay(method="bank_transfer")

    @cached_property
    def authorised(self) -> Any:
        self._settings.PAYMENT_CAPTURE = "on_shipment"
        return self._pay()

    @cached_property
    def dispute(self) -> Any:
        """An early fraud warning, which holds the shipping of the order."""
        type(self.paid.order).objects.filter(pk=self.paid.order_id).update(shipping_held=True)
        return Dispute.objects.create(
            payment=self.paid,
            kind="early_fraud_warning",
            reference="issfr_1",
            status="needs_response",
        )

    @cached_property
    def group(self) -> Any:
        return Group.objects.create(name="interns")

    @cached_property
    def event(self) -> Any:
        return Event.objects.create(kind="order.placed", object_type="order", object_id=1, data={})

    @cached_property
    def invoice(self) -> Any:
        return issue_invoice(order_id=self.paid.order_id)

    @cached_property
    def invoiced(self) -> Any:
        return self.invoice.order

    @cached_property
    def delivery(self) -> Any:
        return EventDelivery.objects.create(event=self.event, handler="example")

    @cached_property
    def pages(self) -> str:
        assert self.category
        return "categories"

    @cached_property
    def part(self) -> str:
        return "1"

    @cached_property
    def mail(self) -> str:
        return "1"

    @cached_property
    def language(self) -> str:
        return "en"

    @cached_property
    def mailtext(self) -> Any:
        return MailText.objects.create(template="order_placed")

    @cached_property
    def message(self) -> Any:
        return Message.objects.create(
            event=self.event,
            template="order_placed",
            recipient="order:1",
            message_id="<1@shop>",
            valid_until="2026-11-26T12:00:00Z",
        )

    @cached_property
    def endpoint(self) -> Any:
        return create_endpoint(url="https://erp.example.com/hooks")

    @cached_property
    def webhook(self) -> Any:
        return WebhookDelivery.objects.create(
            endpoint=self.endpoint,
            event=self.event,
            status="succeeded",
            ended_at="2026-11-26T12:00:00Z",
            valid_until="2026-11-29T12:00:00Z",
        )

    @cached_property
    def job(self) -> Any:
        return ScheduledJob.objects.get_or_create(name="cleanup")[0]

    def _pay(self, **how: str) -> Any:
        return pay(place_order(self.owner, self.product), **how)


def _add_image(product: Any) -> Any:
    with store_image(upload()) as files:
        return add_image(product_id=product.pk, files=files)


class Person:
    """A caller with a token for the API and a session for the admin, or an anonymous one."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user or AnonymousUser()

    def logged_in(self) -> "Person":
        """Log in, if that did not happen yet."""
        assert self.api
        assert self.browser
        return self

    @cached_property
    def api(self) -> APIClient:
        client = APIClient(raise_request_exception=False)
        if isinstance(self.user, User):
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(self.user).token}")
        return client

    @cached_property
    def browser(self) -> Client:
        client = Client(raise_request_exception=False)
        if isinstance(self.user, User):
            client.force_login(self.user)
        return client


@dataclass(frozen=True)
class Operation:
    """A method and a path such as ``/api/orders/{order}/``, and members of its body."""

    method: str
    path: str
    members: str = ""

    @property
    def key(self) -> str:
        """The operation without its query and body."""
        return f"{self.method} {self.path.partition('?')[0]}"

    def try_as(self, person: Person, world: World) -> Any:
        """Send the request, undo what it did, and return the response."""
        path = world.fill(self.path)
        is_page = path.startswith("/admin")
        client: Any = person.browser if is_page else person.api  # logs in, which is not undone
        body = BODIES.get(self.key, lambda world: {})(world) | self._own_members(world)
        if is_page and path.endswith("/delete/"):
            body["post"] = "yes"
        how: dict[str, Any] = {}
        if self.method != "GET":
            how["data"] = body
            if not is_page:
                is_upload = self.key.endswith("/images/")
                how["format"] = "multipart" if is_upload else "json"
        with undone(client):
            PREPARATIONS.get(self.key, lambda world, user: None)(world, person.user)
            return getattr(client, self.method.lower())(path, **how)

    def _own_members(self, world: World) -> dict[str, Any]:
        pairs = (pair.partition("=") for pair in self.members.split())
        members = {name: world.fill(value) for name, _, value in pairs}
        return {name: int(text) if text.isdigit() else text for name, text in members.items()}


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Roll back what the block does, and undo what caches and the client know of it."""
    cookies = SimpleCookie(client.cookies)
    block = transaction.atomic()
    block._from_testcase = True  # gateways may be called inside it, as in Django's TestCase
    with block:
        yield
        transaction.set_rollback(True)
    client.cookies = cookies
    revision.clear_caches()


def _put_into_cart(world: World, user: Any) -> None:
    if user.is_authenticated:
        fill_cart(user, world.product)


def _open_cart(_world: World, user: Any) -> None:
    if user.is_authenticated:
        change_cart(buyer=Buyer(user), changes={})


def _one_unit(world: World) -> dict[str, Any]:
    return {"items": [{"product_id": world.product.pk, "quantity": 1}]}


PREPARATIONS: dict[str, Callable[[World, Any], None]] = {
    "POST /api/cart/": _open_cart,
    "PATCH /api/cart/items/{product}/": _put_into_cart,
    "DELETE /api/cart/items/{product}/": _put_into_cart,
}

BODIES: dict[str, Callable[[World], dict[str, Any]]] = {
    "POST /api/login/": lambda world: {"username": world.owner.username, "password": PASSWORD},
    "POST /api/token/refresh/": lambda world: {"refresh": world.refresh},
    "POST /api/users/": lambda world: {
        "username": "new",
        "email": "new@example.com",
        "password": PASSWORD,
    },
    "PATCH /api/users/me/": lambda world: {"first_name": "New"},
    "DELETE /api/users/me/": lambda world: {"password": PASSWORD},
    "POST /api/addresses/": lambda world: BERLIN,
    "PATCH /api/addresses/{address}/": lambda world: {"city": "Potsdam"},
    "POST /api/users/me/password/": lambda world: {
        "current": PASSWORD,
        "new": f"new-{PASSWORD}",
    },
    "POST /api/users/me/email/": lambda world: {
        "email": "other@example.com",
        "password": PASSWORD,
    },
    "POST /api/users/password-reset/": lambda world: {"email": world.owner.email},
    "POST /api/users/password-reset/confirm/": lambda world: {
        "token": links.make_reset_token(world.owner),
        "new_password": f"new-{PASSWORD}",
    },
    "POST /api/users/verify-email/confirm/": lambda world: {
        "token": links.make_verification_token(world.owner)
    },
    "POST /api/cart/add/": lambda world: {"product_id": world.product.pk, "quantity": 1},
    "PATCH /api/cart/items/{product}/": lambda world: {"quantity": 2},
    "POST /api/payments/": lambda world: {"payment_method": "card"},
    "POST /api/checkout/": lambda world: {
        "payment_method": "card",
        "expected_total": str(world.product.price),
    },
    "POST /api/orders/lookup/": lambda world: {"number": "1", "email": "ada@example.com"},
    "PATCH /api/orders/{order}/": lambda world: {"shipping_address": BERLIN},
    "POST /api/orders/{order}/cancel-items/": _one_unit,
    "POST /api/orders/{shipped}/returns/": _one_unit,
    "POST /api/orders/{order}/notes/": lambda world: {"text": "A gift"},
    "POST /api/withdrawals/": lambda world: dict(WITHDRAWAL),
    "POST /api/payments/{paid}/refunds/": lambda world: {"amount": "1.00"},
    "POST /api/products/": lambda world: {"name": "New", "price": "1.00"},
    "PATCH /api/products/{product}/": lambda world: {"name": "New"},
    "POST /api/products/{product}/stock/": lambda world: {"delta": 1, "reason": "Found"},
    "POST /api/products/{shirt}/variants/": lambda world: {
        "choice": {"Size": "L", "Colour": "Red"}
    },
    "POST /api/products/{product}/images/": lambda world: {"image": upload()},
    "POST /api/products/{draft}/images/": lambda world: {"image": upload()},
    "PATCH /api/products/{product}/images/{image}/": lambda world: {"alt": "New"},
    "PATCH /api/products/{draft}/images/{draft_image}/": lambda world: {"alt": "New"},
    "POST /api/categories/": lambda world: {"name": "New", "slug": "new"},
    "PATCH /api/categories/{category}/": lambda world: {"name": "New"},
    "POST /api/collections/": lambda world: {"name": "New", "slug": "new"},
    "PATCH /api/collections/{collection}/": lambda world: {"name": "New"},
    "POST /api/attributes/": lambda world: {"name": "New", "slug": "new", "kind": "number"},
    "PATCH /api/attributes/{attribute}/": lambda world: {"name": "New"},
    "POST /api/sales/": lambda world: {
        "name": "New",
        "kind": "percent",
        "value": "10",
        "product_ids": [world.product.pk],
    },
    "PATCH /api/sales/{sale}/": lambda world: {"name": "New"},
    "POST /api/synonyms/": lambda world: {"words": "lamp, light"},
    "PATCH /api/synonyms/{synonym}/": lambda world: {"words": "lamp, light"},
    "POST /api/webhook-endpoints/": lambda world: {"url": "https://erp.example.com/new"},
    "PATCH /api/webhook-endpoints/{endpoint}/": lambda world: {"description": "New"},
}
