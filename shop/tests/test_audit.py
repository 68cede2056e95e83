"""``manage.py audit`` finds each breach that the constraints of the database allow."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from accounts.factories import UserFactory
from accounts.models import User
from cart.models import Cart
from cart.promotions.factories import create_promotion, create_voucher
from cart.promotions.models import PromotionUse, Voucher, VoucherRedemption
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from catalog.factories import CategoryFactory, ProductFactory, ShirtFactory
from catalog.models import CategoryLink, Product, StockMovement
from orders.factories import place_order
from orders.models import (
    FulfilmentItem,
    Order,
    OrderAdjustment,
    OrderItem,
    OrderTax,
    Return,
    ReturnItem,
)
from payments.factories import pay, refund_payment
from payments.invoices.correcting import credit_refund
from payments.models import (
    DemoCharge,
    DocumentCounter,
    Invoice,
    LedgerEntry,
    Payment,
    Refund,
    RefundItem,
)
from shop.management.audit.payments import committed_amounts_match_payments
from shop.testing.fixtures import DocumentedClient

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}


@pytest.fixture(scope="module")
def rows(module_db):
    """A paid, a refunded, a cancelled, a pending and a shipped order, one of them with a variant."""
    from orders import services
    from payments.jobs import settle_payments

    ada, bob = UserFactory(username="ada"), UserFactory(username="bob")
    tea, shirt = ProductFactory(name="Tea", price="4.50", stock=10), ShirtFactory()
    anyone = DocumentedClient(raise_request_exception=False)
    pay(place_order(ada, tea))
    returned = pay(place_order(ada, tea))
    credit_refund(refund_id=refund_payment(returned, actor=bob, restock=True).pk)
    late = place_order(ada, tea)
    pay(late, token="demo_late")
    services.cancel_order(order_id=late.pk, actor=ada)
    settle_payments()
    create_method(prices={"DE": "4.90"})
    create_tax_rate("DE", "19")
    create_voucher(max_uses=2)
    create_promotion("Free shipping", kind="free_shipping", max_uses=9)
    place_order(bob, tea, shirt.variants.earliest("pk"))
    CategoryFactory()
    shipped = place_order(bob, tea)
    pay(shipped, method="cash_on_delivery")
    services.ship_order(order_id=shipped.pk, actor=bob)
    cup = ProductFactory(name="Cup", price="4.50")
    _order_of_a_guest(anyone, cup)
    _order_of_a_guest(anyone, cup, is_cancelled=True)


def _order_of_a_guest(anyone, cup, *, is_cancelled=False):
    """An order with discounts on items and shipping, shipping, tax and a fee."""
    cart = {
        "email": "guest@example.com",
        "shipping_address": ADDRESS,
        "items": [{"product_id": cup.pk, "quantity": 1}],
        "voucher_codes": ["WELCOME"],
    }
    made = anyone.post("/api/cart/", cart).json()
    headers = {"X-Cart-Token": made["cart_token"]}
    body = {"cart_id": made["cart_id"]}
    placed = anyone.post("/api/orders/", body, headers=headers).json()
    if is_cancelled:
        path = f"/api/orders/{placed['order_id']}/cancel/"
        assert anyone.post(path, headers=headers).status_code == 200


@pytest.fixture
def shop(rows, db):
    """Those orders, which this test may change."""


def test_audit_reports_that_there_is_no_breach(shop, capsys):
    call_command("audit")
    assert capsys.readouterr().out == "audit: 40 checks, no breach\n"


def _return_a_unit():
    item = OrderItem.objects.earliest("pk")
    row = Return.objects.create(order=item.order)
    return ReturnItem.objects.create(
        order_return=row, item=item, quantity=1, quantity_received=1
    ).pk


def _refund_an_item():
    refund, item = Refund.objects.earliest("pk"), OrderItem.objects.earliest("pk")
    more = refund.amount + 1
    return RefundItem.objects.create(refund=refund, item=item, quantity=1, amount=more, tax=0).pk


def _credit_too_much():
    note = Invoice.objects.get(kind="credit_note")
    counter = DocumentCounter.objects.get(series="CN")
    note.pk, note.refund = None, None
    note.sequence, note.number = counter.last_number + 1, "too much"
    note.total = note.net = note.total + 100
    note.save()
    return DocumentCounter.objects.filter(pk=counter.pk).update(last_number=note.sequence)


def first(model, **filters):
    return model.objects.filter(pk=model.objects.filter(**filters).earliest("pk").pk)


BREACHES = {
    "stock_matches_movements": lambda: Product.objects.filter(name="Tea").update(
        stock=F("stock") + 1
    ),
    "sold_units_match_orders": lambda: StockMovement.objects.filter(kind="cancellation").update(
        kind="adjustment"
    ),
    "ordered_carts_have_orders": lambda: first(Cart, order__status="paid").update(status="open"),
    "order_totals_add_up": lambda: first(Order, status="pending").update(
        total=F("total") + 1, subtotal=F("subtotal") + 1
    ),
    "adjustments_match_their_orders": lambda: OrderAdjustment.objects.filter(
        kind="shipping_discount"
    ).delete()[0],
    "taxes_match_their_orders": lambda: OrderTax.objects.update(amount=F("amount") + 1),
    "uses_of_vouchers_match_their_redemptions": lambda: Voucher.objects.update(used=0),
    "redemptions_match_their_orders": lambda: VoucherRedemption.objects.exclude(
        released_at=None
    ).update(released_at=None),
    "uses_of_promotions_match_their_orders": lambda: PromotionUse.objects.exclude(
        released_at=None
    ).update(released_at=None),
    "paid_amounts_match_payments": lambda: first(Payment, status="succeeded").update(
        status="refund_pending"
    ),
    "payments_match_their_orders": lambda: Payment.objects.filter(status="refunded").update(
        currency="EUR"
    ),
    "committed_amounts_match_payments": lambda: first(Order, status="pending").update(
        amount_committed=1
    ),
    "payments_match_the_ledger": lambda: first(LedgerEntry, payment__status="succeeded").delete()[
        0
    ],
    "refunds_match_the_ledger": lambda: LedgerEntry.objects.filter(kind="refunded").update(
        amount=F("amount") + 1
    ),
    "payments_match_their_refunds": lambda: first(Refund).update(amount=F("amount") - 1),
    "orders_match_their_refunds": lambda: first(Order, status="refunded").update(
        status="delivered", amount_refunded=0
    ),
    "numbers_have_no_gap": lambda: DocumentCounter.objects.filter(series="INV").update(
        last_number=F("last_number") + 1
    ),
    "invoices_match_their_orders": lambda: Order.objects.filter(
        invoices__isnull=False, prices_include_tax=True
    ).update(tax_total=F("tax_total") + 1),
    "credits_are_within_their_invoices": _credit_too_much,
    "payments_match_the_demo_gateway": lambda: DemoCharge.objects.update(refunded=0),
    "returned_units_match_their_returns": _return_a_unit,
    "refunds_match_their_items": lambda: first(OrderItem).update(amount_refunded=1),
    "refunds_have_at_most_their_amount_for_items": _refund_an_item,
    "cancelled_amounts_match_their_items": lambda: first(Order, status="pending").update(
        amount_cancelled=1
    ),
    "an_order_has_the_status_of_its_last_event": lambda: first(Order, status="shipped").update(
        status="delivered"
    ),
    "shipped_quantities_match_fulfilments": lambda: FulfilmentItem.objects.update(
        quantity=F("quantity") + 1
    ),
    "fulfilments_have_items_of_their_orders": lambda: FulfilmentItem.objects.all().delete()[0],
    "fulfilment_statuses_match_fulfilments": lambda: first(Order, status="paid").update(
        fulfilment_status="delivered"
    ),
    "statuses_follow_from_rows": lambda: first(Order, status="paid").update(status="confirmed"),
    "payment_statuses_match_amounts": lambda: first(Order, status="paid").update(
        payment_status="partly_paid"
    ),
    "keys_of_users_match_their_names": lambda: User.objects.filter(username="ada").update(
        username="Eve"
    ),
    "deleted_users_have_no_personal_data": lambda: User.objects.filter(username="ada").update(
        deleted_at=F("date_joined"), is_active=False
    ),
    "variants_match_their_products": lambda: Product.objects.filter(has_variants=True).update(
        is_published=False
    ),
    "a_product_has_the_price_of_its_cheapest_variant": lambda: Product.objects.filter(
        sku="M-BLUE"
    ).update(price=F("price") - 1),
    "a_product_has_the_price_of_its_last_change": lambda: Product.objects.filter(name="Tea").update(
        price=F("price") - 1
    ),
    "links_of_categories_match_their_parents": lambda: CategoryLink.objects.all()._raw_delete(
        "default"
    ),
}


@pytest.mark.parametrize("check", BREACHES)
def test_each_check_finds_its_breach(shop, capsys, check):
    assert BREACHES[check]() >= 1
    with pytest.raises(CommandError):
        call_command("audit")
    assert f"{check}: " in capsys.readouterr().out


def test_a_charge_of_a_cancelled_payment_is_a_breach(shop, capsys):
    Payment.objects.filter(status="refunded").update(
        status="cancelled", amount_captured=0, amount_refunded=0
    )
    with pytest.raises(CommandError):
        call_command("audit")
    assert "payments_match_the_demo_gateway: " in capsys.readouterr().out


def test_two_active_payments_are_a_breach(shop, capsys):
    """The constraint is dropped, which the transaction of the test rolls back."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX payment_one_live_of_the_whole_order")
    paid = Payment.objects.get(status="succeeded")
    Payment.objects.create(
        order=paid.order, method="card", amount=paid.amount, currency="USD", status="pending"
    )
    with pytest.raises(CommandError):
        call_command("audit")
    assert f"orders_have_one_active_payment: order {paid.order_id}" in capsys.readouterr().out


@pytest.mark.parametrize("is_late", [True, False])
def test_a_late_payment_of_a_part_is_not_committed(shop, is_late):
    """The previous release, which leaves 0, may have taken the payment that came in time."""
    paid = Payment.objects.get(status="succeeded")
    part = {"amount": 1, "amount_captured": 1, "amount_refunded": 1, "is_partial": True}
    Payment.objects.create(
        **part, order=paid.order, method="card", currency="USD", status="refunded", is_late=is_late
    )
    Order.objects.filter(pk=paid.order_id).update(amount_committed=0)
    assert bool(list(committed_amounts_match_payments())) != is_late


def test_movements_that_differ_from_orders_are_a_breach(shop, capsys):
    StockMovement.objects.filter(kind="sale").update(delta=F("delta") - 1)
    for product in Product.objects.filter(movements__kind="sale").distinct():
        sales = product.movements.filter(kind="sale").count()
        Product.objects.filter(pk=product.pk).update(stock=F("stock") - sales)
    with pytest.raises(CommandError):
        call_command("audit")
    assert "sold_units_match_orders: " in capsys.readouterr().out
