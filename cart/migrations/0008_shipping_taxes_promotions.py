import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("cart", "0007_one_cart_per_token"),
        ("catalog", "0019_index_tax_class"),
    ]

    operations = [
        migrations.CreateModel(
            name="Promotion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="Shown to buyers, such as Summer.", max_length=100),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "Percent off"),
                            ("fixed_amount", "Amount off"),
                            ("fixed_price", "Fixed price for each unit"),
                            ("buy_x_get_y", "Buy some, get the cheapest free"),
                            ("free_shipping", "Free shipping"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "value",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="A percentage, or an amount in the shop's currency.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "buy_quantity",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Units that a buyer pays for. Only for free units.",
                        null=True,
                    ),
                ),
                (
                    "free_quantity",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Units that are free for each of these; always the cheapest.",
                        null=True,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("cart", "The whole cart"),
                            ("selection", "Selected products and categories"),
                        ],
                        default="cart",
                        max_length=10,
                    ),
                ),
                (
                    "minimum_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Of what it applies to, after sales and earlier promotions.",
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "minimum_quantity",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Units of what it applies to.", null=True
                    ),
                ),
                (
                    "first_order_only",
                    models.BooleanField(
                        default=False, help_text="Only for buyers who have not ordered before."
                    ),
                ),
                (
                    "needs_code",
                    models.BooleanField(
                        default=False,
                        help_text="It applies only to carts with one of its vouchers.",
                    ),
                ),
                ("starts_on", models.DateField(blank=True, help_text="The first day.", null=True)),
                ("ends_on", models.DateField(blank=True, help_text="The last day.", null=True)),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Promotions are applied by position, then in the order of creation.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "categories",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Including their subcategories.",
                        related_name="+",
                        to="catalog.category",
                    ),
                ),
                (
                    "products",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Including their variants.",
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "percent",
                                    "fixed_amount",
                                    "fixed_price",
                                    "buy_x_get_y",
                                    "free_shipping",
                                ],
                            )
                        ),
                        name="promotion_kind_known",
                        violation_error_message="The kind of a promotion must be one of the known kinds.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["cart", "selection"])),
                        name="promotion_scope_known",
                        violation_error_message="A promotion must apply to the cart or to a selection.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("buy_quantity", None),
                                ("free_quantity", None),
                                ("value__isnull", False),
                                ("kind", "percent"),
                                ("value__gt", 0),
                                ("value__lte", 100),
                            ),
                            models.Q(
                                ("buy_quantity", None),
                                ("free_quantity", None),
                                ("value__isnull", False),
                                ("kind", "fixed_amount"),
                                ("value__gt", 0),
                            ),
                            models.Q(
                                ("buy_quantity", None),
                                ("free_quantity", None),
                                ("value__isnull", False),
                                ("kind", "fixed_price"),
                                ("value__gte", 0),
                            ),
                            models.Q(
                                ("buy_quantity__gte", 1),
                                ("buy_quantity__isnull", False),
                                ("free_quantity__gte", 1),
                                ("free_quantity__isnull", False),
                                ("kind", "buy_x_get_y"),
                                ("value", None),
                            ),
                            models.Q(
                                ("buy_quantity", None),
                                ("free_quantity", None),
                                ("kind", "free_shipping"),
                                ("value", None),
                            ),
                            _connector="OR",
                        ),
                        name="promotion_rule_complete",
                        violation_error_message="A percentage must be more than 0 and at most 100, an amount more than 0, free units need both quantities, and nothing else has them.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on", None),
                            ("starts_on", None),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="promotion_ends_after_it_starts",
                        violation_error_message="A promotion must not end before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("minimum_total", None), ("minimum_total__gt", 0), _connector="OR"
                            ),
                            models.Q(
                                ("minimum_quantity", None),
                                ("minimum_quantity__gt", 0),
                                _connector="OR",
                            ),
                        ),
                        name="promotion_minimums_positive",
                        violation_error_message="A minimum must be greater than zero.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippingMethod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.SlugField(
                        allow_unicode=True,
                        help_text="Its name in the API, such as standard.",
                        unique=True,
                    ),
                ),
                ("name", models.CharField(help_text="Shown to buyers.", max_length=100)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("parcel", "Parcel"),
                            ("letter", "Letter"),
                            ("freight", "Freight"),
                            ("pickup", "Pickup"),
                        ],
                        default="parcel",
                        max_length=10,
                    ),
                ),
                (
                    "earliest_days",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Calendar days until the earliest arrival."
                    ),
                ),
                (
                    "latest_days",
                    models.PositiveSmallIntegerField(
                        default=3, help_text="Calendar days until the latest arrival."
                    ),
                ),
                (
                    "free_from",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="The total of items after discounts from which shipping is free.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Methods are shown by position, then by name."
                    ),
                ),
                (
                    "tax_class",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty for the standard rate. Used where shipping is taxed by its own class.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.taxclass",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["parcel", "letter", "freight", "pickup"])),
                        name="shippingmethod_type_known",
                        violation_error_message="The type of a shipping method must be one of the known types.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("earliest_days__lte", models.F("latest_days")),
                            ("latest_days__lte", 365),
                        ),
                        name="shippingmethod_days_in_order",
                        violation_error_message="The earliest arrival must not be after the latest, which is at most 365 days.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("free_from", None), ("free_from__gte", 0), _connector="OR"
                        ),
                        name="shippingmethod_free_from_not_negative",
                        violation_error_message="The total for free shipping must not be negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("name", ""), _negated=True),
                        ),
                        name="shippingmethod_has_code_and_name",
                        violation_error_message="A shipping method must have a code and a name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippingRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "countries",
                    models.JSONField(default=list, help_text="ISO 3166-1 codes, such as DE, AT."),
                ),
                (
                    "regions",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Codes of regions of one country, such as CN. Empty: the whole country.",
                    ),
                ),
                (
                    "postal_prefixes",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Beginnings of postal codes of one country, such as 35, 38.",
                    ),
                ),
                (
                    "total_from",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="After discounts.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "total_below",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                (
                    "weight_from",
                    models.PositiveIntegerField(blank=True, help_text="Grams.", null=True),
                ),
                (
                    "weight_below",
                    models.PositiveIntegerField(blank=True, help_text="Grams.", null=True),
                ),
                ("price", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "method",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rates",
                        to="cart.shippingmethod",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)),
                        name="shippingrate_price_not_negative",
                        violation_error_message="The price of shipping must not be negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("total_from", None), ("total_from__gte", 0), _connector="OR"),
                            models.Q(
                                ("total_below", None), ("total_below__gt", 0), _connector="OR"
                            ),
                            models.Q(
                                ("weight_below", None), ("weight_below__gt", 0), _connector="OR"
                            ),
                            models.Q(
                                ("total_from", None),
                                ("total_below", None),
                                ("total_below__gt", models.F("total_from")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("weight_from", None),
                                ("weight_below", None),
                                ("weight_below__gt", models.F("weight_from")),
                                _connector="OR",
                            ),
                        ),
                        name="shippingrate_bands_not_empty",
                        violation_error_message="The upper limit of a band must be above the lower one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("countries", []), _negated=True),
                        name="shippingrate_has_a_country",
                        violation_error_message="A shipping rate must have at least one country.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("regions", []), ("postal_prefixes", []), _connector="OR"
                        ),
                        name="shippingrate_regions_or_postal_codes",
                        violation_error_message="A shipping rate can have regions or postal codes, but not both.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShippingTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        help_text="An ISO 3166-1 code, such as DE.", max_length=2, unique=True
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("class", "By the tax class of the shipping method"),
                            ("proportional", "Like the items, in proportion to their totals"),
                            ("highest", "By the highest rate of the items"),
                            ("none", "Not at all"),
                        ],
                        max_length=20,
                    ),
                ),
            ],
            options={
                "verbose_name": "tax on shipping",
                "verbose_name_plural": "taxes on shipping",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rule__in", ["class", "proportional", "highest", "none"])
                        ),
                        name="shippingtax_rule_known",
                        violation_error_message="The rule must be one of the known rules.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(help_text="An ISO 3166-1 code, such as DE.", max_length=2),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The code of a state or province, as addresses have it. Empty: the country.",
                        max_length=50,
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=3, help_text="A percentage, such as 19 or 5.5.", max_digits=6
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="Shown to buyers, such as VAT.", max_length=100),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="For a rate of 0: why nothing is taxed, such as exempt or export.",
                        max_length=100,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        help_text="Where the rate can be verified, such as a law or the address of a page.",
                        max_length=500,
                    ),
                ),
                ("valid_from", models.DateField(help_text="The first day of the rate.")),
                (
                    "tax_class",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty for the standard rate.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.taxclass",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "region", "tax_class", "valid_from"),
                        name="taxrate_one_per_class_and_day",
                        violation_error_message="There is a rate for this country, region, tax class and day already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("tax_class", None)),
                        fields=("country", "region", "valid_from"),
                        name="taxrate_one_standard_per_day",
                        violation_error_message="There is a standard rate for this country, region and day already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gte", 0), ("rate__lte", 100)),
                        name="taxrate_0_to_100",
                        violation_error_message="A tax rate must be between 0 and 100 percent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", ""), _negated=True),
                            models.Q(("name", ""), _negated=True),
                            models.Q(("country", ""), _negated=True),
                        ),
                        name="taxrate_has_a_source",
                        violation_error_message="A tax rate must have a country, a name and a source.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="Upper and lower case are the same.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\S{3,}$", "At least three characters, without spaces."
                            )
                        ],
                    ),
                ),
                ("code_key", models.CharField(editable=False, max_length=128, unique=True)),
                (
                    "max_uses",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many orders can use it. Empty: no limit.",
                        null=True,
                    ),
                ),
                (
                    "max_uses_per_customer",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many orders of one customer. Empty: no limit.",
                        null=True,
                    ),
                ),
                ("used", models.PositiveIntegerField(default=0, editable=False)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "batch",
                    models.CharField(
                        blank=True,
                        default="",
                        editable=False,
                        help_text="The name under which many codes were made at once.",
                        max_length=100,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "promotion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vouchers",
                        to="cart.promotion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("used__gte", 0)),
                        name="voucher_used_not_negative",
                        violation_error_message="A voucher cannot be used less than zero times.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_uses", None), ("used__lte", models.F("max_uses")), _connector="OR"
                        ),
                        name="voucher_used_within_limit",
                        violation_error_message="A voucher cannot be used more often than its limit, and the limit cannot be lower than the number of its uses.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("max_uses", None), ("max_uses__gte", 1), _connector="OR"),
                            models.Q(
                                ("max_uses_per_customer", None),
                                ("max_uses_per_customer__gte", 1),
                                _connector="OR",
                            ),
                        ),
                        name="voucher_limits_positive",
                        violation_error_message="A limit of a voucher must be 1 or more, or empty.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code_key", ""), _negated=True),
                        name="voucher_code_not_empty",
                        violation_error_message="A voucher must have a code.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VoucherRedemption",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_id", models.BigIntegerField()),
                ("email_key", models.CharField(max_length=512)),
                (
                    "redeemed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="cart.voucher",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at", None)),
                        fields=["voucher", "user"],
                        name="voucherredemption_of_user",
                    ),
                    models.Index(
                        condition=models.Q(("released_at", None)),
                        fields=["voucher", "email_key"],
                        name="voucherredemption_of_email",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order_id", "voucher"),
                        name="voucherredemption_once_per_order",
                        violation_error_message="An order can use a voucher only once.",
                    )
                ],
            },
        ),
    ]
