"""Shapes of sales."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.limits import MAX_SALE_SCOPE, SALE_NAME_LENGTH
from catalog.prices.models import Sale, SaleKind
from shop.core.fields import AmountField, IdField, StrictStr
from shop.core.money import show
from shop.core.openapi import example

_SALE: dict[str, Any] = {
    "name": "Winter sale",
    "kind": "percent",
    "value": "20.00",
    "starts_at": "2027-01-02T08:00:00Z",
    "ends_at": "2027-01-31T23:00:00Z",
    "product_ids": [],
    "category_ids": [4],
}


@extend_schema_serializer(examples=[example({"id": 2, **_SALE})])
class SaleSerializer(serializers.Serializer[Any]):
    """A sale: lower prices for a while."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(SaleKind.choices)
    value = AmountField(help_text="Percent, or an amount in the shop's currency.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    product_ids = serializers.ListField(child=serializers.IntegerField())
    category_ids = serializers.ListField(child=serializers.IntegerField())


class _SaleForm(serializers.Serializer[Any]):
    """What a sale may have."""

    starts_at = serializers.DateTimeField(required=False, help_text="Now, unless given.")
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    product_ids = serializers.ListField(
        child=IdField(), max_length=MAX_SALE_SCOPE, required=False, help_text="With their variants."
    )
    category_ids = serializers.ListField(
        child=IdField(),
        max_length=MAX_SALE_SCOPE,
        required=False,
        help_text="With all that lies below them.",
    )


@extend_schema_serializer(examples=[example(_SALE)])
class NewSaleSerializer(_SaleForm):
    """A sale to create."""

    name = StrictStr(max_length=SALE_NAME_LENGTH)
    kind = serializers.ChoiceField(SaleKind.choices)
    value = AmountField(min_value=Decimal("0.01"))


@extend_schema_serializer(examples=[example({"ends_at": "2027-01-20T23:00:00Z"})])
class SaleChangesSerializer(_SaleForm):
    """What to change of a sale; once begun, its name and its end."""

    name = StrictStr(max_length=SALE_NAME_LENGTH, required=False)
    kind = serializers.ChoiceField(SaleKind.choices, required=False)
    value = AmountField(min_value=Decimal("0.01"), required=False)


def serialize_sale(sale: Sale) -> dict[str, Any]:
    """Return a sale, whose products and categories the caller has fetched."""
    return {
        "id": sale.pk,
        "name": sale.name,
        "kind": sale.kind,
        "value": show(sale.value),
        "starts_at": sale.starts_at,
        "ends_at": sale.ends_at,
        "product_ids": sorted(product.pk for product in sale.products.all()),
        "category_ids": sorted(category.pk for category in sale.categories.all()),
    }
