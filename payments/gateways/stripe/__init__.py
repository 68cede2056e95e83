"""The Stripe gateway: cards and wallets, with 3-D Secure if the bank requires it."""

from payments.gateways.stripe.gateway import StripeGateway
from payments.gateways.stripe.webhooks import WebhookEvent, read_event

__all__ = ["StripeGateway", "WebhookEvent", "read_event"]
