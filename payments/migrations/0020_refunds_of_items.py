"""Which items, and how much shipping, a refund is for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0019_returns"),
        ("payments", "0019_what_a_buyer_has_to_do"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RefundItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("tax", models.DecimalField(decimal_places=2, max_digits=12)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="refund",
            name="first",
            field=models.ForeignKey(
                db_index=False,
                help_text="The first refund of the same request, which several payments have to pay.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.refund",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="of_cancellation",
            field=models.BooleanField(
                db_default=False, help_text="Its items were cancelled before they were shipped."
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="order_return",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="orders.return",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="shipping",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                help_text="What of the amount is for the shipping, with its tax.",
                max_digits=12,
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="shipping_tax",
            field=models.DecimalField(db_default=0, decimal_places=2, max_digits=12),
        ),
        migrations.AlterField(
            model_name="refund",
            name="restock",
            field=models.BooleanField(
                default=False,
                help_text="The items of the refund return to stock when it succeeds; without items, all items of the order.",
            ),
        ),
        AddConstraintQuickly(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shipping__gte", 0),
                    ("shipping__lte", models.F("amount")),
                    ("shipping_tax__gte", 0),
                    ("shipping_tax__lte", models.F("shipping")),
                ),
                name="refund_of_shipping_within_its_amount",
                violation_error_message="The shipping in a refund must be from zero to its amount.",
            ),
        ),
        migrations.AddField(
            model_name="refunditem",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="orders.orderitem",
            ),
        ),
        migrations.AddField(
            model_name="refunditem",
            name="refund",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="payments.refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="refunditem",
            constraint=models.UniqueConstraint(
                fields=("refund", "item"),
                name="refunditem_one_for_each_item",
                violation_error_message="A refund can contain each item only once.",
            ),
        ),
        migrations.AddConstraint(
            model_name="refunditem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gte", 0), ("tax__gte", 0), ("tax__lte", models.F("amount"))
                ),
                name="refunditem_tax_within_its_amount",
                violation_error_message="The tax of a refunded item must be from zero to its amount.",
            ),
        ),
    ]
