"""Store what a checkout needs. Old orders, and those of the previous release, have it empty."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly, AllowNull


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0004_constraint_messages"),
        ("catalog", "0019_index_tax_class"),
        ("orders", "0008_orders_by_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("shipping", "Shipping"), ("billing", "Billing")], max_length=8
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("company", models.CharField(blank=True, default="", max_length=200)),
                ("line1", models.CharField(blank=True, default="", max_length=255)),
                ("line2", models.CharField(blank=True, default="", max_length=255)),
                ("postal_code", models.CharField(blank=True, default="", max_length=20)),
                ("city", models.CharField(blank=True, default="", max_length=120)),
                ("region", models.CharField(blank=True, default="", max_length=120)),
                (
                    "country",
                    models.CharField(blank=True, default="", help_text="ISO 3166-1.", max_length=2),
                ),
                (
                    "phone",
                    models.CharField(blank=True, default="", help_text="E.164.", max_length=40),
                ),
                ("vat_number", models.CharField(blank=True, default="", max_length=40)),
            ],
            options={
                "verbose_name_plural": "order addresses",
            },
        ),
        migrations.CreateModel(
            name="OrderAdjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("discount", "Discount"),
                            ("shipping_discount", "Discount on shipping"),
                            ("shipping", "Shipping"),
                            ("fee", "Fee"),
                        ],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("promotion_id", models.BigIntegerField(null=True)),
                (
                    "voucher",
                    models.CharField(blank=True, default="", help_text="Its code.", max_length=64),
                ),
                (
                    "allocations",
                    models.JSONField(
                        blank=True, default=list, help_text="The share of each item, by product."
                    ),
                ),
                ("released_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OrderTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rate", models.DecimalField(decimal_places=3, max_digits=6)),
                ("country", models.CharField(max_length=2)),
                ("region", models.CharField(blank=True, default="", max_length=20)),
                ("name", models.CharField(max_length=100)),
                ("base", models.DecimalField(decimal_places=2, max_digits=12)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("reason", models.CharField(help_text="Why this rate applies.", max_length=100)),
            ],
            options={
                "verbose_name_plural": "order taxes",
            },
        ),
        migrations.AddField(
            model_name="order",
            name="consents",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="What the buyer agreed to, by name.",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="discount_total",
            field=models.DecimalField(
                decimal_places=2,
                help_text="The sum of the discounts on items.",
                max_digits=12,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="email",
            field=models.CharField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="order",
            name="email_key",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The same for all spellings of the address.",
                max_length=512,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="fee_total",
            field=models.DecimalField(
                decimal_places=2,
                help_text="The fee of the payment method.",
                max_digits=12,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="language",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Its code.", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="links_valid_from",
            field=models.DateTimeField(
                help_text="Links in e-mails that were made before are not valid any more.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="note",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Of the buyer.", max_length=2000
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="number",
            field=models.CharField(
                editable=False,
                help_text="Without the prefix that the shop puts before it (``orders.numbers``).",
                max_length=8,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="pay_before",
            field=models.DateTimeField(
                help_text="The end of the payment window that was shown to the buyer.", null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="phone",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="E.164.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="prices_include_tax",
            field=models.BooleanField(
                help_text="Whether the tax is in the total already.", null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="shipping_method",
            field=models.JSONField(
                blank=True, help_text="Code, name, type and days, as the buyer chose it.", null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="shipping_total",
            field=models.DecimalField(decimal_places=2, max_digits=12, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="subtotal",
            field=models.DecimalField(
                decimal_places=2, help_text="The sum of the line totals.", max_digits=12, null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="tax_rounding",
            field=models.CharField(
                help_text="rate or item: whether tax was rounded for each.", max_length=4, null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="tax_total",
            field=models.DecimalField(decimal_places=2, max_digits=12, null=True),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="discount",
            field=models.DecimalField(
                decimal_places=2,
                help_text="The item's share of all discounts.",
                max_digits=12,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="image",
            field=models.JSONField(blank=True, help_text="The image, as it was then.", null=True),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="options",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="A variant's option values, by name.",
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="regular_unit_price",
            field=models.DecimalField(
                decimal_places=2,
                help_text="The price without a reduction.",
                max_digits=12,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="requires_shipping",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="sku",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="tax",
            field=models.DecimalField(
                decimal_places=2, help_text="The item's share of the tax.", max_digits=12, null=True
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="tax_rate",
            field=models.DecimalField(decimal_places=3, max_digits=6, null=True),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="weight",
            field=models.PositiveIntegerField(help_text="Of one unit, in grams.", null=True),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="actor",
            field=models.ForeignKey(
                help_text="Who did it; empty for a guest and for the shop itself.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="orderevent",
            name="by_guest",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether the guest who placed the order did it.",
            ),
        ),
        AllowNull(
            model_name="order",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("user__isnull", False), models.Q(("email", ""), _negated=True), _connector="OR"
                ),
                name="order_of_a_user_or_with_email",
                violation_error_message="The order of a guest must have an e-mail address.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("subtotal", None),
                    models.Q(
                        ("prices_include_tax", True),
                        (
                            "total",
                            django.db.models.functions.math.Round(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("subtotal"), "-", models.F("discount_total")
                                        ),
                                        "+",
                                        models.F("shipping_total"),
                                    ),
                                    "+",
                                    models.F("fee_total"),
                                ),
                                precision=2,
                            ),
                        ),
                    ),
                    models.Q(
                        ("prices_include_tax", False),
                        (
                            "total",
                            django.db.models.functions.math.Round(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("subtotal"),
                                                "-",
                                                models.F("discount_total"),
                                            ),
                                            "+",
                                            models.F("shipping_total"),
                                        ),
                                        "+",
                                        models.F("fee_total"),
                                    ),
                                    "+",
                                    models.F("tax_total"),
                                ),
                                precision=2,
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="order_total_adds_up",
                violation_error_message="The total of an order must be its subtotal without discounts, with shipping, fee and tax.",
            ),
        ),
        AddConstraintQuickly(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("discount_total__isnull", True),
                        ("fee_total__isnull", True),
                        ("prices_include_tax", None),
                        ("shipping_total__isnull", True),
                        ("subtotal", None),
                        ("tax_total__isnull", True),
                    ),
                    models.Q(
                        ("discount_total__gte", 0),
                        ("discount_total__isnull", False),
                        ("fee_total__gte", 0),
                        ("fee_total__isnull", False),
                        ("prices_include_tax__isnull", False),
                        ("shipping_total__gte", 0),
                        ("shipping_total__isnull", False),
                        ("subtotal__gte", models.F("discount_total")),
                        ("tax_total__gte", 0),
                        ("tax_total__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="order_amounts_not_negative",
                violation_error_message="The amounts of an order cannot be negative.",
            ),
        ),
        AddConstraintQuickly(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount", None),
                    models.Q(("discount__gte", 0), ("discount__lte", models.F("line_total"))),
                    _connector="OR",
                ),
                name="orderitem_discount_at_most_its_total",
                violation_error_message="The discount of an order item must be from zero to its line total.",
            ),
        ),
        migrations.AddField(
            model_name="orderaddress",
            name="order",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="addresses",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="orderadjustment",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjustments",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="ordertax",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="taxes", to="orders.order"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderaddress",
            constraint=models.UniqueConstraint(
                fields=("order", "kind"),
                name="orderaddress_one_of_each_kind",
                violation_error_message="An order has one address of each kind.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["shipping", "billing"])),
                name="orderaddress_kind_known",
                violation_error_message="An address is for shipping or for billing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["discount", "shipping_discount", "shipping", "fee"])
                ),
                name="orderadjustment_kind_known",
                violation_error_message="The kind of an adjustment must be one of those known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)),
                name="orderadjustment_amount_not_negative",
                violation_error_message="The amount of an adjustment cannot be negative.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("voucher", ""), _negated=True), ("released_at", None), _connector="OR"
                ),
                name="orderadjustment_released_only_with_a_voucher",
                violation_error_message="Only a voucher can be released.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ordertax",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("base__gte", 0)),
                name="ordertax_not_negative",
                violation_error_message="The base and the amount of a tax cannot be negative.",
            ),
        ),
    ]
