"""Examples of carts for the OpenAPI document."""

from typing import Any

from shop.core.postal_addresses import EXAMPLE, PostalAddress

ADDRESS = PostalAddress(**EXAMPLE).to_json()
CHANGES: dict[str, Any] = {
    "items": [{"product_id": 7, "quantity": 2}],
    "email": "ada@example.com",
    "shipping_address": EXAMPLE,
    "voucher_codes": ["SPRING"],
}
NOTICE = {
    "code": "price_changed",
    "blocking": False,
    "field": "items",
    "detail": "The price of “Teapot” has changed from €25.00 to €24.00.",
    "product_id": 7,
    "name": "Teapot",
    "old": "25.00",
    "new": "24.00",
}
CART: dict[str, Any] = {
    "cart_id": 5,
    "expires_at": "2026-12-26T10:00:00Z",
    "updated_at": "2026-11-26T10:00:00Z",
    "email": "ada@example.com",
    "phone": None,
    "cart_items": [
        {
            "product_id": 7,
            "quantity": 2,
            "name": "Teapot",
            "slug": "teapot",
            "sku": "POT-RED",
            "options": {"Colour": "Red"},
            "image": None,
            "unit_price": "24.00",
            "regular_unit_price": "30.00",
            "available": 3,
            "line_subtotal": "48.00",
            "discount": "4.80",
            "line_total": "48.00",
            "tax_rate": "19",
            "tax": "6.90",
            "problems": [NOTICE],
        }
    ],
    "problems": [NOTICE],
    "shipping_address": ADDRESS,
    "billing_address": None,
    "shipping_methods": [
        {
            "code": "standard",
            "name": "Standard",
            "type": "delivery",
            "price": "4.90",
            "earliest": "2026-11-28",
            "latest": "2026-11-30",
            "missing_for_free": "6.80",
            "preselected": True,
        }
    ],
    "shipping_method": "standard",
    "vouchers": [
        {
            "code": "SPRING",
            "name": "Spring",
            "is_applied": True,
            "amount": "4.80",
            "reason": None,
        }
    ],
    "discounts": [
        {
            "promotion_id": 3,
            "name": "Spring",
            "kind": "percent",
            "code": "SPRING",
            "target": "items",
            "amount": "4.80",
            "allocations": [{"product_id": 7, "amount": "4.80"}],
        }
    ],
    "subtotal": "48.00",
    "discount_total": "4.80",
    "shipping_price": "4.90",
    "shipping_total": "4.90",
    "fee_total": "0.00",
    "taxes": [
        {
            "rate": "19",
            "country": "DE",
            "region": "",
            "name": "VAT",
            "base": "40.42",
            "amount": "7.68",
            "reason": "standard",
        }
    ],
    "tax_total": "7.68",
    "total": "48.10",
    "currency": "USD",
    "prices_include_tax": True,
    "requires_shipping": True,
    "payment_required": True,
    "payment_methods": [{"code": "card", "name": "Card", "fee": "0.00", "client": {}}],
    "can_order": True,
    "estimated": [],
    "note": None,
    "language": "en",
    "consents": {"terms": True},
    "metadata": {},
}
OPENED = CART | {"cart_token": "Zm9yIGEgZ3Vlc3QsIDI1NiByYW5kb20gYml0cy4uLi4"}
