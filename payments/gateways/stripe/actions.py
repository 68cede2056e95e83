"""What a buyer has to do about an intent, as the shop describes it for every gateway.

docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from payments.gateways.base import Action, ActionType

_URLS = ("hosted_voucher_url", "hosted_instructions_url", "mobile_auth_url")
_EXPIRIES = ("expires_at", "expires_after")


def action_of(intent: Any) -> Action:
    """Return what the buyer has to do about an intent that requires an action."""
    found: Any = getattr(intent, "next_action", None)
    kind = getattr(found, "type", "")
    if found is not None and kind == "redirect_to_url":
        return Action(ActionType.REDIRECT, url=found.redirect_to_url.url)
    details = getattr(found, kind, None) if kind else None
    if "display" in kind and details is not None:
        return _display(details)
    return Action(ActionType.CLIENT, data=_for_script(intent))


def _display(details: Any) -> Action:
    """Return a voucher or the details of a bank transfer: its texts, and the page that has them."""
    texts = {name: str(value) for name, value in details.items() if isinstance(value, str | int)}
    url = next((texts[name] for name in _URLS if texts.get(name)), "")
    expiry = next((details[name] for name in _EXPIRIES if details.get(name)), None)
    ends_at = datetime.fromtimestamp(expiry, UTC) if isinstance(expiry, int) else None
    return Action(ActionType.DISPLAY, url=url, data=texts, expires_at=ends_at)


def _for_script(intent: Any) -> dict[str, str]:
    key = settings.STRIPE_PUBLISHABLE_KEY
    public = {"publishable_key": key} if key else {}
    return {"client_secret": intent.client_secret, **public}
