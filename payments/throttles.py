"""How often payment providers may tell something."""

from shop.core.throttling import CountingThrottle, Limit


class WebhookThrottle(CountingThrottle):
    """Far above what a provider sends; what is refused it sends again."""

    name = "webhook"
    limits = (Limit(attempts=1200, seconds=60),)
