"""Stripe, by its official SDK: cards and wallets, with 3-D Secure where the bank wants it."""

from payments.gateways.stripe.gateway import StripeGateway
from payments.gateways.stripe.webhooks import WebhookEvent, read_event

__all__ = ["StripeGateway", "WebhookEvent", "read_event"]
