"""Rate limits of payments."""

from shop.core.throttling import CountingThrottle, Limit


class WebhookThrottle(CountingThrottle):
    """Limits webhooks per address, far above a provider's usual rate; providers send again."""

    name = "webhook"
    limits = (Limit(attempts=1200, seconds=60),)
