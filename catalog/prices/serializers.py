"""Request and response bodies of sales."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.limits import MAX_SALE_SCOPE, SALE_NAME_LENGTH
from catalog.prices.models import Sale, SaleKind
from shop.core.fields import AmountField, IdField, LineField, StrictChoice, StrictList
from shop.core.money import CENT, show
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

_SALE: dict[str, Any] = {
    "name": "Winter sale",
    "kind": "percent",
    "value": "20.00",
    "starts_at": "2027-01-02T08:00:00Z",
    "ends_at": "2027-01-31T23:00:00Z",
    "product_ids": [],
    "category_ids": [4],
    "collection_ids": [],
}


class ReductionField(AmountField):
    """A percentage with at most two decimals, or an amount, which the service checks."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Raise ValidationError for anything but digits with at most two decimals."""
        return self.read_decimals(data)

    def to_representation(self, value: Decimal) -> str:
        """Return the value with two decimals."""
        return f"{value:.2f}"


@extend_schema_serializer(examples=[example({"id": 2, **_SALE})])
class SaleSerializer(serializers.Serializer[Any]):
    """A sale, which reduces prices for a limited time."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(SaleKind.choices)
    value = ReductionField(help_text="A percentage, or an amount in the shop's currency.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    product_ids = serializers.ListField(child=serializers.IntegerField())
    category_ids = serializers.ListField(child=serializers.IntegerField())
    collection_ids = serializers.ListField(child=serializers.IntegerField())


@extend_schema_serializer(examples=[example({"ends_at": "2027-01-20T23:00:00Z"})])
class SaleChangesSerializer(RequestSerializer):
    """The changes of a sale. Once it has started, only its name and its end can change."""

    name = LineField(max_length=SALE_NAME_LENGTH, required=False)
    kind = StrictChoice(SaleKind.choices, required=False)
    value = ReductionField(min_value=CENT, required=False)
    starts_at = serializers.DateTimeField(required=False, help_text="Now if omitted.")
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    product_ids = StrictList(
        child=IdField(),
        max_length=MAX_SALE_SCOPE,
        required=False,
        help_text="Including their variants.",
    )
    category_ids = StrictList(
        child=IdField(),
        max_length=MAX_SALE_SCOPE,
        required=False,
        help_text="Including their subcategories.",
    )
    collection_ids = StrictList(child=IdField(), max_length=MAX_SALE_SCOPE, required=False)


@extend_schema_serializer(examples=[example(_SALE)])
class NewSaleSerializer(SaleChangesSerializer):
    """A sale to create."""

    name = LineField(max_length=SALE_NAME_LENGTH)
    kind = StrictChoice(SaleKind.choices)
    value = ReductionField(min_value=CENT)


def serialize_sale(sale: Sale) -> dict[str, Any]:
    """Return the response body of a sale. The caller should prefetch its scope."""
    return {
        "id": sale.pk,
        "name": sale.name,
        "kind": sale.kind,
        "value": f"{sale.value:.2f}" if sale.kind == SaleKind.PERCENT else show(sale.value),
        "starts_at": sale.starts_at,
        "ends_at": sale.ends_at,
        "product_ids": sorted(product.pk for product in sale.products.all()),
        "category_ids": sorted(category.pk for category in sale.categories.all()),
        "collection_ids": sorted(collection.pk for collection in sale.collections.all()),
    }
