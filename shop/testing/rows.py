"""Rows for every list of the API, for tests of all operations."""

from decimal import Decimal
from typing import NamedTuple

from accounts.models import User
from accounts.services import add_address
from cart.drafts import create_draft
from cart.factories import fill_cart
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory, ShirtFactory
from catalog.models import Product, RelatedProduct
from catalog.services import create_attribute, create_collection, create_synonym
from orders.factories import place_order
from orders.models import Order
from orders.services import add_note, declare_withdrawal, request_return, ship_order
from orders.services.returns import Wish
from payments.factories import pay, refund_payment
from payments.gateways import DisputeState, DisputeType, ReportedDispute
from payments.invoices import issue_invoice
from payments.models import Payment
from payments.services.disputes import refresh_dispute
from shop.core.deliveries import dispatch
from shop.integrations.fanout import create_deliveries
from shop.integrations.services import create_endpoint

BERLIN = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}


class Sold(NamedTuple):
    """An order, and what belongs to it."""

    order: Order
    payment: Payment
    return_id: int


def sell(buyer: User, staff: User, product: Product) -> Sold:
    """Place, pay and ship an order of one unit, with a refund, a dispute, a return and a note."""
    order = place_order(buyer, product)
    payment = pay(order)
    refund_payment(payment, "1.00", actor=staff)
    dispute = ReportedDispute(
        reference=f"dp_{order.pk}",
        charge_reference="",
        kind=DisputeType.DISPUTE,
        status=DisputeState.UNDER_REVIEW,
    )
    refresh_dispute(payment, lambda: dispute, dispute.reference)
    issue_invoice(order_id=order.pk)
    ship_order(order_id=order.pk, actor=staff)
    wish = Wish(units={product.pk: 1}, kind="return", resolution="refund")
    return_id = request_return(order_id=order.pk, wish=wish, actor=buyer)
    add_note(order_id=order.pk, author=staff, text="A gift is in it.", is_public=True)
    return Sold(order, payment, return_id)


def fill_every_list(buyer: User, staff: User) -> dict[str, int]:
    """Create rows for every list of the API, and a cart; return one id for each path of a resource.

    The address is of the staff, the refunded payment of the buyer, and the product with that id
    has movements of stock.
    """
    create_attribute(name="Litres", slug="litres", kind="number")
    category = CategoryFactory(name="Kitchen", slug="kitchen")
    below = CategoryFactory(name="Teapots", slug="teapots", parent_id=category.pk)
    product = ProductFactory(
        name="Teapot",
        category_id=below.pk,
        attributes={"litres": Decimal("1.5")},
        tags=["kitchen"],
        metadata={"erp-id": "17"},
        low_stock_threshold=1000,
    )
    shirt = ShirtFactory()
    RelatedProduct.objects.create(product=product, related=shirt, position=0)
    sale = SaleFactory(product_ids=[product.pk])
    sold = sell(buyer, staff, product)
    order, payment = sold.order, sold.payment
    declare_withdrawal(order_number="1", email=buyer.email, name="Ada", language="")
    items = [{"product_id": product.pk, "quantity": 1}]
    draft = create_draft(actor=staff, changes={"items": items}, may_override=False)
    endpoint = create_endpoint(url="https://erp.example.com/hooks")
    while dispatch():
        pass
    create_deliveries()
    addresses = [add_address(user=user, values=BERLIN) for user in (buyer, staff)]
    fill_cart(buyer, product, shirt.variants.order_by("pk")[0])
    return {
        "categories": below.pk,
        "collections": create_collection(name="Gifts", slug="gifts", product_ids=[product.pk]).pk,
        "disputes": payment.disputes.get().pk,
        "drafts": draft.pk,
        "products": product.pk,
        "sales": sale.pk,
        "synonyms": create_synonym(words="sofa, couch").pk,
        "orders": order.pk,
        "returns": sold.return_id,
        "payments": payment.pk,
        "users": buyer.pk,
        "addresses": addresses[1].pk,
        "webhook-endpoints": endpoint.pk,
        "webhook-deliveries": endpoint.deliveries.order_by("pk")[0].pk,
    }
