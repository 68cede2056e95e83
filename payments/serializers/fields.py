"""Members that several bodies of payments and refunds have."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from payments.failures import FailureCode, describe_failure
from payments.models import Payment, Refund
from payments.models.payments import URL_LENGTH
from shop.core.fields import StrictStr

FAILURE_EXAMPLE = {"failure_code": None, "failure_detail": None}
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


class ReturnUrlField(StrictStr):
    """A page of a storefront that the shop trusts (PAYMENT_RETURN_ORIGINS)."""

    default_error_messages = {
        "origin": _("The shop does not allow to send buyers back to this site."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Accept absolute http and https URLs."""
        validators: list[Any] = [URLValidator(schemes=["http", "https"]), self.check_origin]
        super().__init__(
            max_length=URL_LENGTH,
            validators=validators,
            help_text="Where the provider sends the buyer back to, if it takes them to a page of "
            "its own: an absolute http or https URL of a site that the shop allows.",
            **kwargs,
        )

    def check_origin(self, url: str) -> None:
        """Raise ValidationError for a site that the shop does not allow."""
        parts = urlsplit(url)
        if settings.DEBUG and parts.hostname in _LOCAL and parts.username is None:
            return
        if f"{parts.scheme}://{parts.netloc}".lower() not in settings.PAYMENT_RETURN_ORIGINS:
            self.fail("origin")


class FailureCodeField(serializers.ChoiceField):
    """A code of ``payments.failures``, or null."""

    def __init__(self, **kwargs: Any) -> None:
        """Offer all codes."""
        text = "Why it failed. Null if it did not, or if the reason is not known."
        super().__init__(
            choices=FailureCode.choices, allow_null=True, help_text=text, read_only=True, **kwargs
        )


class FailureDetailField(serializers.CharField):
    """The sentence for a code of ``payments.failures``, or null."""

    def __init__(self, **kwargs: Any) -> None:
        """Describe it."""
        text = "The same as a sentence, in the language of the request."
        super().__init__(allow_null=True, help_text=text, read_only=True, **kwargs)


def show_failure(row: Payment | Refund) -> dict[str, str | None]:
    """Return why a payment or refund failed."""
    code = row.failure_code
    return {"failure_code": code or None, "failure_detail": describe_failure(code)}
