"""The errors of shipping methods and rates."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from shop.core.errors import InvalidField


class RatesOverlap(InvalidField):
    """400: two rates of a method would apply to the same order. Facts: place, band."""

    example: ClassVar[dict[str, Any]] = {"place": "DE", "band": "from 0 to 5 kg"}
    message = _(
        "The method already has a rate for {place}, {band}. Change its band, or name regions or "
        "postal codes in one of the two."
    )
