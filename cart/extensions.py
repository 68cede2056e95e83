"""What an extension replaces or adds: shipping prices, tax rates, and rules of promotions.

Call these functions in ``AppConfig.ready()``. ``cart.pricing.protocols`` describes what they take.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from cart.pricing import PromotionRule, ShippingRates, TaxRules, TaxTable
from cart.promotions.models import PromotionKind
from cart.taxes.vat_numbers import VatNumberChecker

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_shipping: list[ShippingRates] = []
_taxes: list[Callable[[TaxTable], TaxRules]] = []
_checkers: list[VatNumberChecker] = []
_rules: dict[str, tuple[str, PromotionRule]] = {}


def replace_shipping_rates(rates: ShippingRates) -> None:
    """Let ``rates`` price shipping methods, instead of the rates that staff edit.

    Raises ImproperlyConfigured if another extension does so.
    """
    if _shipping:
        raise ImproperlyConfigured("Two extensions replace the shipping rates.")
    _shipping.append(rates)


def replace_tax_rules(build: Callable[[TaxTable], TaxRules]) -> None:
    """Let ``build(table)`` return the rules of tax; ``table`` has the rates that staff edit.

    It is called whenever the configuration has changed. Raises ImproperlyConfigured if another
    extension does so.
    """
    if _taxes:
        raise ImproperlyConfigured("Two extensions replace the tax rules.")
    _taxes.append(build)


def register_promotion_rule(kind: str, rule: PromotionRule, *, label: str) -> None:
    """Add a kind of promotions, which staff choose by ``label``.

    Raises ImproperlyConfigured if the kind exists already.
    """
    if kind in _rules or kind in PromotionKind.values:
        raise ImproperlyConfigured(f'The promotion rule "{kind}" exists already.')
    _rules[kind] = (label, rule)


def register_vat_number_checker(checker: VatNumberChecker) -> None:
    """Let ``checker`` confirm VAT numbers, besides those that are stored as confirmed."""
    _checkers.append(checker)


def is_vat_number_confirmed(number: str) -> bool:
    """Return whether a checker confirms a VAT number."""
    return any(checker(number) for checker in _checkers)


def shipping_rates(default: ShippingRates) -> ShippingRates:
    """Return the function that prices shipping methods."""
    return _shipping[0] if _shipping else default


def tax_rules(table: TaxTable) -> TaxRules:
    """Return the rules of tax."""
    return _taxes[0](table) if _taxes else table


def promotion_rules() -> dict[str, PromotionRule]:
    """Return the added rules of promotions by kind."""
    return {kind: rule for kind, (_label, rule) in _rules.items()}


def promotion_kinds() -> dict[str, "StrOrPromise"]:
    """Return the labels of all kinds of promotions."""
    added: dict[str, StrOrPromise] = {kind: label for kind, (label, _rule) in _rules.items()}
    return dict(PromotionKind.choices) | added
