"""The stock on the page of a product without variants, or of a variant."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import staff_of
from catalog.admin_sections import REASON_MISSING, Section, difference, reason_field, stock_field
from catalog.products.models import Product
from catalog.stock.services import adjust_stock

TARGET, REASON = "target_stock", "stock_reason"
"""The names of the fields, which the form shows itself."""


class StockSection(Section):
    """The number of units that should be in stock. A change is recorded as a movement."""

    delta = 0

    def fields(self) -> dict[str, forms.Field]:
        """Return the fields for the number and for the reason."""
        product = self.product
        if product is None or product.has_variants or not product.track_stock:
            return {}
        return {TARGET: stock_field(_("Stock"), product.stock), REASON: reason_field()}

    def clean(self) -> None:
        """Find the difference, and demand the reason."""
        if TARGET not in self.form.fields:
            return
        try:
            self.delta = difference(self.form, TARGET)
        except ValidationError as error:
            self.form.add_error(TARGET, error)
        if self.delta and not self.value(REASON):
            self.form.add_error(REASON, REASON_MISSING)

    def save(self, product: Product) -> None:
        """Adjust the stock."""
        if self.delta:
            adjust_stock(
                product_id=product.pk,
                delta=self.delta,
                reason=self.value(REASON),
                actor=staff_of(self.request),
            )
