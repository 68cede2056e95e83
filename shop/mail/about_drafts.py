"""The message with the link of a draft, to its customer or its e-mail address."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.conf import settings
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from cart.drafts import view_draft
from cart.models import CartStatus, Draft
from cart.priced import Address as CartAddress
from cart.priced import email_of
from cart.pricing import Totals
from orders.tokens import make_draft_token
from shop.core.models import Event
from shop.core.money import currency
from shop.core.postal_addresses import PostalAddress
from shop.mail.about_orders import Address, Item, Row, tax_label
from shop.mail.links import link
from shop.mail.mails import Letter, Mail, known_language


def _offer(event: Event) -> Letter | None:
    """Return None once the draft is accepted or deleted, or its link has expired."""
    drafts = Draft.objects.filter(link_expires_at__gt=Now(), cart__status=CartStatus.OPEN)
    draft = drafts.select_related("cart", "customer").filter(pk=event.object_id).first()
    if draft is None:
        return None
    cart = view_draft(draft)
    preferred = draft.customer.language if draft.customer is not None else ""
    language = known_language(cart.members.language or preferred)
    return Letter(
        recipient=f"draft:{draft.pk}",
        address=email_of(cart.buyer, cart.members),
        language=language,
        context=lambda: draft_context(draft, language),
    )


def draft_context(draft: Draft, language: str) -> dict[str, Any]:
    """Return what templates about a draft need: what would be ordered, at current prices."""
    cart, token = view_draft(draft), make_draft_token(draft)
    totals = cart.totals
    return {
        "order": SimpleNamespace(currency=currency()),
        "items": [
            Item(row.name, _options(row.options), row.quantity, priced.line_subtotal)
            for row, priced in zip(cart.items, totals.items, strict=True)
        ],
        "totals": list(_totals(totals)),
        "addresses": list(_addresses(cart.members.shipping_address, cart.members.billing_address)),
        "note": cart.members.note,
        "token": token,
        "draft_url": link("draft", language=language, token=token),
        "expires_at": format_datetime(
            draft.link_expires_at,
            "short",
            tzinfo=ZoneInfo(settings.TIME_ZONE),
            locale=translation.to_locale(language),
        ),
    }


def _options(options: dict[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in options.items())


def _totals(totals: Totals) -> Iterator[Row]:
    taxes = [Row(tax_label(tax.name, tax.rate), tax.amount) for tax in totals.taxes]
    if totals.total != totals.subtotal or taxes:
        yield Row(_("Subtotal"), totals.subtotal)
    for discount in totals.discounts:
        yield Row(discount.name, -discount.amount)
    if totals.shipping_method is not None:
        name = totals.shipping_method.name
        yield Row(_("Shipping: {name}").format(name=name), totals.shipping_price)
    if not totals.prices_include_tax:
        yield from taxes
    yield Row(_("Total"), totals.total, is_total=True)
    if totals.prices_include_tax:
        for tax in taxes:
            yield Row(_("including {tax}").format(tax=tax.label), tax.amount)


def _addresses(shipping: CartAddress | None, billing: CartAddress | None) -> Iterator[Address]:
    for title, address in ((_("Shipping address"), shipping), (_("Billing address"), billing)):
        if address:
            yield Address(title, PostalAddress.from_json(address).lines())


MAILS = (Mail("draft_sent", event="draft.sent", compose=_offer),)
