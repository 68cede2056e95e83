"""The countries and regions that shipping rates and tax rates name."""

from django.utils.translation import gettext as _

from shop.core.countries import is_country
from shop.core.errors import InvalidField

MAX_PLACES = 300
"""Countries, regions or postal codes of one rate."""
REGION_LENGTH = 50


def check_country(code: str, *, field: str) -> None:
    """Raise InvalidField unless ``code`` is the code of a country, in upper case."""
    if not is_country(code):
        reason = _("“{value}” is not the code of a country. Use two letters, such as DE.")
        raise InvalidField(field=field, reason=reason.format(value=code))
