"""Columns for guests and for what an order needs. Tables in use are not rewritten."""

import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0004_constraint_messages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="cart",
            name="cart_status_known",
        ),
        migrations.AddField(
            model_name="cart",
            name="billing_address",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="cart",
            name="consents",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="What the buyer agreed to, by name.",
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="email",
            field=models.CharField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="cart",
            name="language",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Its code.", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="note",
            field=models.CharField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="cart",
            name="phone",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="E.164.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="shipping_address",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="cart",
            name="shipping_method",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Its code.", max_length=50
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="token_hash",
            field=models.CharField(
                editable=False,
                help_text="SHA-256 of the token of a guest.",
                max_length=64,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), editable=False
            ),
        ),
        migrations.AddField(
            model_name="cart",
            name="voucher_codes",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="cartitem",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), editable=False
            ),
        ),
        migrations.AddField(
            model_name="cartitem",
            name="price_seen",
            field=models.DecimalField(
                decimal_places=2,
                editable=False,
                help_text="The unit price when the quantity was last added or set.",
                max_digits=12,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="cart",
            name="status",
            field=models.CharField(
                choices=[("open", "Open"), ("ordered", "Ordered"), ("merged", "Merged")],
                default="open",
                editable=False,
                max_length=10,
            ),
        ),
        AddConstraintQuickly(
            model_name="cart",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "ordered", "merged"])),
                name="cart_status_is_known",
                violation_error_message="The status of a cart must be one of the known statuses.",
            ),
        ),
        AddConstraintQuickly(
            model_name="cart",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("user__isnull", False),
                    ("token_hash__isnull", False),
                    models.Q(("status", "open"), _negated=True),
                    _connector="OR",
                ),
                name="cart_of_a_user_or_a_guest",
                violation_error_message="An open cart belongs to a user or to a guest.",
            ),
        ),
    ]
