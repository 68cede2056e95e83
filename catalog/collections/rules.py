"""Rules of collections: the filters of the list of products, as a JSON object.

A rule such as ``{"brand": ["Hearth"], "max_price": "20.00"}`` selects the products that ``GET
/api/products/?brand=Hearth&max_price=20.00`` finds, and unpublished ones.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.limits import MAX_FILTER_VALUES
from catalog.prices.sql import read_active_sales
from catalog.products.models import Product, ProductQuerySet
from catalog.search.filters import apply_filters
from catalog.search.query import RULE_PARAMETERS, ListQuery, read_list_query
from shop.core.errors import InvalidField
from shop.core.unknown import unknown_name

_PREFIXES = ("attr.", "option.")


def products_of_rule(rule: Any) -> ProductQuerySet:
    """Return the products that a rule selects. Raises InvalidField for a rule that is not valid.

    At most three statements read what the filters need.
    """
    query = _read(rule)
    sales = read_active_sales() if query.needs_prices else ()
    products = Product.objects.not_archived().listed()
    return apply_filters(products, query, None, sales=sales, for_staff=True)


def check_rule(rule: Any) -> None:
    """Raise InvalidField for a rule that is not valid."""
    products_of_rule(rule)


def _read(rule: Any) -> ListQuery:
    if not isinstance(rule, Mapping) or not rule:
        raise InvalidField(field="rule", reason=_("A rule has at least one filter."))
    parameters = QueryDict(mutable=True)
    for name, value in rule.items():
        if name not in RULE_PARAMETERS and not name.startswith(_PREFIXES):
            known = [*RULE_PARAMETERS, "attr.<slug>", "option.<name>"]
            raise unknown_name("member", name, known)
        parameters.setlist(name, list(_texts(name, value)))
    return read_list_query(parameters, for_staff=False)


def _texts(name: str, value: Any) -> Iterator[str]:
    """Yield the values of a filter as a query has them."""
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= MAX_FILTER_VALUES:
        reason = _("A filter has 1 to {limit} values.").format(limit=MAX_FILTER_VALUES)
        raise InvalidField(field=name, reason=reason)
    for one in values:
        if isinstance(one, bool):
            yield "true" if one else "false"
        elif isinstance(one, str | int | float) and "\x00" not in str(one):
            yield str(one)
        else:
            reason = _("A value must be a text, a number, true or false.")
            raise InvalidField(field=name, reason=reason)
