"""The configuration of the shop as pricing needs it, kept in the process until it changes.

Settings come from the environment, and shipping methods, tax rates and promotions from the
database. Who prices carts reads the revision with its own statement
(``shop.core.configuration.current_revision``) and passes it to ``configuration_of``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils import timezone

from cart import pricing as priced
from cart.extensions import (
    is_vat_number_confirmed,
    promotion_kinds,
    promotion_rules,
    shipping_rates,
    tax_rules,
)
from cart.pricing.rates import table_price
from cart.pricing_rows import method_of, promotion_of, tax_table
from cart.promotions.models import Promotion, fold_code
from cart.promotions.reads import entered_vouchers
from cart.shipping.models import ShippingMethod, ShippingRate
from cart.taxes.models import ShippingTax, TaxRate
from cart.taxes.vat_numbers import VatNumber, is_foreign
from shop.core.configuration import current_revision
from shop.core.models import ConfigurationRevision
from shop.core.money import exponent

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ShopConfiguration:
    """The configuration under one revision, on one day."""

    pricing: priced.Configuration
    """What ``cart.pricing`` needs."""
    with_code: Mapping[int, priced.Promotion]
    """The promotions that need a code, by id."""
    countries: tuple[str, ...]
    """The countries with a shipping rate, in alphabetical order."""
    changes_on: date | None
    """The day on which the next tax rate begins."""
    vat_numbers: frozenset[str] = frozenset()
    """The VAT numbers that are stored as confirmed; none unless ``REVERSE_CHARGE`` is on."""

    def vouchers(
        self, codes: Sequence[str], *, user_id: int | None, email: str
    ) -> tuple[priced.Voucher, ...]:
        """Return the vouchers of the codes that a buyer entered, in their order.

        One statement, and none without codes. Whether a limit is reached is decided again when the
        order redeems them.
        """
        found = entered_vouchers(codes, user_id=user_id, email=email)
        return tuple(self._voucher(code, found.get(fold_code(code))) for code in codes)

    def limited(self, vouchers: Sequence[priced.Voucher]) -> list[int]:
        """Return the ids of the promotions, also of these vouchers, whose uses are limited."""
        entered = [voucher.promotion for voucher in vouchers if voucher.promotion]
        return sorted({p.id for p in (*self.pricing.promotions, *entered) if p.is_limited})

    def asks_for_first_order(self, vouchers: Sequence[priced.Voucher]) -> bool:
        """Return whether a promotion or voucher depends on the buyer's earlier orders."""
        entered = [voucher.promotion for voucher in vouchers if voucher.promotion]
        return any(p.first_order_only for p in (*self.pricing.promotions, *entered))

    def is_reverse_charge(self, vat_number: str) -> bool:
        """Return whether a buyer with this VAT number owes the tax abroad.

        It must be confirmed, and not be one of the shop's country. ``cart.pricing`` looks whether
        the goods leave the country.
        """
        if not settings.REVERSE_CHARGE or not is_foreign(vat_number, settings.HOME_COUNTRY):
            return False
        return vat_number in self.vat_numbers or is_vat_number_confirmed(vat_number)

    def _voucher(self, code: str, found: Any) -> priced.Voucher:
        promotion = self.with_code.get(found.promotion_id) if found else None
        if promotion is None:
            return priced.Voucher(code, None, priced.VoucherReason.UNKNOWN)
        reason = priced.VoucherReason.USED_UP if found.is_used_up else None
        return priced.Voucher(found.code, promotion, reason)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The active rows of the configuration."""

    methods: Sequence[ShippingMethod] = ()
    rates: Sequence[ShippingRate] = ()
    tax_rates: Sequence[TaxRate] = ()
    shipping_taxes: Sequence[ShippingTax] = ()
    promotions: Sequence[Promotion] = ()
    vat_numbers: Sequence[str] = ()


_kept: list[tuple[str | None, _Rows, dict[str, ShopConfiguration]]] = []
"""The last rows that were read, with their revision, and the configuration in each language."""


def configuration_of(revision: str | None, language: str = "") -> ShopConfiguration:
    """Return the configuration of a revision, which the caller has just read.

    ``language`` is that of its names, by default the shop's own. No statement as long as the
    revision is the last one; otherwise the configuration is read, and may be newer.
    """
    rows = None
    for kept, rows_kept, configurations in _kept:
        if kept == revision:
            found = configurations.get(language)
            if found is not None and not _has_ended(found):
                return found
            rows = rows_kept
    read = revision
    if rows is None:
        read, rows = (None, _Rows()) if revision is None else _read(revision)
    configuration = _build(rows, language)
    if read == revision:
        _keep(revision, rows, language, configuration)
    return configuration


def _keep(
    revision: str | None, rows: _Rows, language: str, configuration: ShopConfiguration
) -> None:
    """Keep a configuration with those of the same rows in other languages."""
    others = next((made for kept, same, made in _kept if kept == revision and same is rows), {})
    _kept[:] = [(revision, rows, {**others, language: configuration})]


def current_configuration() -> ShopConfiguration:
    """Return the configuration of now. One statement, and more after a change."""
    return configuration_of(stored_revision())


@receiver(setting_changed)
def _forget(**_: Any) -> None:
    """Build the configuration again in tests that change a setting."""
    _kept.clear()


def pricing_settings() -> priced.PricingSettings:
    """Return the settings that prices depend on."""
    return priced.PricingSettings(
        currency=settings.SHOP_CURRENCY,
        exponent=exponent(),
        prices_include_tax=settings.PRICES_INCLUDE_TAX,
        tax_rounding=settings.TAX_ROUNDING,  # type: ignore[arg-type] # checked at the start
        prices_abroad=settings.PRICES_ABROAD,  # type: ignore[arg-type]
        home_country=settings.HOME_COUNTRY,
        vouchers_at_once=settings.VOUCHERS_AT_ONCE,
        require_shipping=settings.REQUIRE_SHIPPING,
        time_zone=ZoneInfo(settings.TIME_ZONE),
    )


def stored_revision() -> str | None:
    """Return the revision of the configuration. One statement."""
    return ConfigurationRevision.objects.values_list(current_revision(), flat=True).first()


def _has_ended(configuration: ShopConfiguration) -> bool:
    day = configuration.changes_on
    return day is not None and timezone.localdate() >= day


def _read(revision: str) -> tuple[str | None, _Rows]:
    """Read the configuration, again if it changes meanwhile. Return it with its revision."""
    for _attempt in range(_ATTEMPTS):
        rows = _read_rows()
        read = stored_revision()
        if read == revision:
            return revision, rows
        revision = read or ""
    return None, rows


def _read_rows() -> _Rows:
    methods = ShippingMethod.objects.filter(is_active=True).order_by("position", "name", "pk")
    # An extension that is not installed any more leaves kinds without a rule.
    promotions = Promotion.objects.filter(is_active=True, kind__in=promotion_kinds())
    numbers = VatNumber.objects.values_list("number", flat=True)
    return _Rows(
        methods=list(methods.select_related("tax_class")),
        rates=list(ShippingRate.objects.filter(method__is_active=True).order_by("pk")),
        tax_rates=list(TaxRate.objects.select_related("tax_class").order_by("valid_from")),
        shipping_taxes=list(ShippingTax.objects.all()),
        promotions=list(
            promotions.order_by("position", "pk").prefetch_related(
                "products", "categories", "collections"
            )
        ),
        vat_numbers=list(numbers) if settings.REVERSE_CHARGE else (),
    )


def _build(rows: _Rows, language: str) -> ShopConfiguration:
    today = timezone.localdate()
    pairs = [(row, promotion_of(row, language)) for row in rows.promotions]
    later = [row.valid_from for row in rows.tax_rates if row.valid_from > today]
    return ShopConfiguration(
        pricing=priced.Configuration(
            settings=pricing_settings(),
            promotions=tuple(promotion for row, promotion in pairs if not row.needs_code),
            shipping_methods=tuple(method_of(row, rows.rates, language) for row in rows.methods),
            taxes=tax_rules(
                tax_table(rows.tax_rates, rows.shipping_taxes, on=today, language=language)
            ),
            shipping_rates=shipping_rates(table_price),
            rules=promotion_rules(),
        ),
        with_code={row.pk: promotion for row, promotion in pairs if row.needs_code},
        countries=tuple(sorted({code for rate in rows.rates for code in rate.countries})),
        changes_on=min(later, default=None),
        vat_numbers=frozenset(rows.vat_numbers),
    )
