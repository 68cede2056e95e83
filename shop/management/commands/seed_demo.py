"""``manage.py seed_demo``: load the demo shop and, if wanted, demo accounts."""

from argparse import ArgumentParser
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from accounts.addresses import fold
from accounts.models import User
from cart.guests import Buyer
from cart.services import add_item
from catalog.models import (
    Attribute,
    AttributeKind,
    Category,
    OptionTranslation,
    Product,
    ProductImage,
    Sale,
    SaleKind,
)
from catalog.services import (
    create_attribute,
    create_category,
    create_option_translation,
    create_product,
    create_sale,
)
from orders import services as orders
from orders.access import access_for
from orders.models import Order
from payments import services as payments
from shop.core.transactions import transactional, wait_for_turn
from shop.management.base import ShopCommand
from shop.management.demo import details
from shop.management.demo.checkout import TURN, load_checkout
from shop.management.demo.german import german, translated_options
from shop.management.demo.images import write_image
from shop.management.demo.products import DemoProduct
from shop.management.demo.variants import DEMO_PRODUCTS

# Username, e-mail address and password. They are public, so they need DEBUG.
CUSTOMER = ("demo", "demo@example.com", "welcome-to-the-shop")
STAFF = ("staff", "staff@example.com", "behind-the-counter")
Images = dict[str, tuple[str, str]]
"""The names of the two files of an image, by the colour of the variant, "" for the product."""

PRODUCTS_IN_HISTORY = 12  # two products in each of six orders


class Command(ShopCommand):
    """Loads the demo catalog, and with ``--with-logins`` two accounts and an order history."""

    help = (
        "Loads the demo catalog, shipping methods, tax rates, a promotion and a voucher. What "
        "exists is not changed, so running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--if-empty``, ``--with-logins`` and ``--without-pictures``."""
        parser.add_argument(
            "--if-empty", action="store_true", help="Load no products if the shop has any."
        )
        parser.add_argument(
            "--with-logins",
            action="store_true",
            help="Also create a demo customer with orders, and a demo member of staff. Their "
            "passwords are public, so DEBUG must be on.",
        )

        parser.add_argument(
            "--without-pictures", action="store_true", help="Load no images, which is faster."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing. Raises CommandError for ``--with-logins`` without DEBUG."""
        if options["with_logins"] and not settings.DEBUG:
            raise CommandError(
                "--with-logins creates accounts with public passwords, so it needs DEBUG. Create a "
                "member of staff with `manage.py createsuperuser` instead."
            )
        loaded = 0
        if not (options["if_empty"] and Product.objects.exists()):
            loaded = load_catalog(with_images=not options["without_pictures"])
            load_checkout()
        self.stdout.write(f"{loaded} demo products loaded")
        if options["with_logins"]:
            self._load_logins()

    def _load_logins(self) -> None:
        customer, staff = get_or_create_user(*CUSTOMER), get_or_create_user(*STAFF, is_staff=True)
        if not Order.objects.filter(user=customer).exists():
            load_history(customer, staff)
        self.stdout.write(f"  customer  {CUSTOMER[0]}   password  {CUSTOMER[2]}")
        self.stdout.write(f"  staff     {STAFF[0]}  password  {STAFF[2]}")


def load_catalog(*, with_images: bool) -> int:
    """Create the demo products whose names do not exist; return their number.

    Images are written before the transaction, to keep it short.
    """
    missing = _missing()
    images = {product.name: _write_images(product) if with_images else {} for product in missing}
    with transaction.atomic():
        wait_for_turn(TURN)
        categories = _load_structure()
        missing = [product for product in _missing() if product.name in images]
        for product in missing:
            _load(product, categories, images[product.name])
    return len(missing)


def _missing() -> list[DemoProduct]:
    known = set(Product.objects.values_list("name", flat=True))
    return [product for product in DEMO_PRODUCTS if product.name not in known]


def _load(product: DemoProduct, categories: dict[str, int], images: Images) -> None:
    values = _details(product)
    price = values.pop("compare_at_price", None)
    created = create_product(
        name=product.name,
        price=Decimal(product.price),
        description=product.description,
        stock=product.stock,
        category_id=categories[values.pop("category")],
        compare_at_price=price and Decimal(price),
        options=product.options,
        variants=[
            {
                "choice": dict(zip(product.options, variant.values, strict=True)),
                "price": Decimal(variant.price),
                "stock": variant.stock,
            }
            for variant in product.variants
        ],
        weight=values["weight"],
        brand=values["brand"],
        tags=values["tags"],
        attributes=values.get("attributes", {}),
        translations=german("products", product.name),
    )
    rows = {row.options[-1]: row for row in created.variants.order_by("-pk")} | {"": created}
    ProductImage.objects.bulk_create(
        ProductImage(
            product=rows[colour],
            large=large,
            small=small,
            alt=f"{product.name}, {colour.lower()}" if colour else product.name,
        )
        for colour, (large, small) in images.items()
    )


def _details(product: DemoProduct) -> dict[str, Any]:
    """Return the details of a product, with those of its category as defaults."""
    own = details.PRODUCT_DETAILS.get(product.name, {})
    category = own.get("category", product.category)
    return {**details.CATEGORY_DETAILS[category], "category": category, **own}


def _write_images(product: DemoProduct) -> Images:
    """Write an image of the product, and one of each colour of its variants."""
    motif = details.PRODUCT_DETAILS.get(product.name, {}).get("motif", product.motif)
    colours = [""]
    if "Colour" in product.options:
        colours += dict.fromkeys(variant.values[-1] for variant in product.variants)
    return {colour: write_image(product.name, motif, colour) for colour in colours}


def _load_structure() -> dict[str, int]:
    """Create missing categories and attributes, and the sale; return category ids by slug."""
    categories = dict(Category.objects.values_list("slug", "pk"))
    for position, (slug, name, parent) in enumerate(details.CATEGORIES):
        if slug not in categories:
            above = categories[parent] if parent else None
            created = create_category(
                name=name,
                slug=slug,
                parent_id=above,
                position=position,
                translations=german("categories", slug),
            )
            categories[slug] = created.pk
    existing = set(Attribute.objects.values_list("slug", flat=True))
    for slug, name, kind, choices in details.ATTRIBUTES:
        if slug not in existing:
            create_attribute(
                name=name,
                slug=slug,
                kind=AttributeKind(kind),
                choices=choices,
                translations=german("attributes", slug),
            )
    _load_option_translations()
    _load_sale(categories)
    return categories


def _load_option_translations() -> None:
    existing = set(OptionTranslation.objects.values_list("name", flat=True))
    for name in translated_options():
        texts = german("options", name)
        if texts and name not in existing:
            create_option_translation(name=name, translations=texts)


def _load_sale(categories: dict[str, int]) -> None:
    name, category, percent = details.SALE
    if not Sale.objects.filter(name=name).exists():
        begins = timezone.now() + timedelta(days=3)
        create_sale(
            name=name,
            kind=SaleKind.PERCENT,
            value=Decimal(percent),
            starts_at=begins,
            ends_at=begins + timedelta(days=7),
            category_ids=[categories[category]],
        )


@transactional
def get_or_create_user(username: str, email: str, password: str, *, is_staff: bool = False) -> User:
    """Return the user with this name, created with this password if it did not exist."""
    wait_for_turn(TURN)
    user = User.objects.filter(username_key=fold(username)).first()
    if user is None:
        user = User(username=username, email=email, is_staff=is_staff, is_superuser=is_staff)
        user.set_password(password)
        user.save()
    return user


def load_history(customer: User, staff: User) -> None:
    """Create an order of the customer in each state.

    Does nothing if the shop has too few products in stock.
    """
    in_stock = Product.objects.sellable().filter(stock__gte=10).order_by("pk")[:PRODUCTS_IN_HISTORY]
    if len(in_stock) < PRODUCTS_IN_HISTORY:
        return
    products = iter(in_stock)

    def order(quantity: int = 1) -> Order:
        cart = add_item(buyer=Buyer(customer), product_id=next(products).pk, quantity=quantity)
        add_item(buyer=Buyer(customer), product_id=next(products).pk, quantity=1)
        return orders.place_order(buyer=Buyer(customer), cart_id=cart.cart_id)

    delivered = _pay(order(2), "bank_transfer", staff)
    orders.ship_order(order_id=delivered.pk, actor=staff)
    orders.deliver_order(order_id=delivered.pk, actor=staff)
    shipped = _pay(order(), "bank_transfer", staff)
    orders.ship_order(order_id=shipped.pk, actor=staff)
    _pay(order(3), "bank_transfer", staff)
    _pay(order(), "cash_on_delivery", None)
    orders.cancel_order(order_id=order().pk, actor=customer, note="Order cancelled")
    _pay(order(), "bank_transfer", None)


def _pay(order: Order, method: str, recorded_by: User | None) -> Order:
    """Pay by a manual method, and let ``recorded_by`` record the payment."""
    begun = payments.begin_payment(access=access_for(order.user), order_id=order.pk, method=method)
    payments.charge(payment=begun)
    if recorded_by is not None:
        payments.record_manual_payment(payment_id=begun.pk, actor=recorded_by)
    return order
