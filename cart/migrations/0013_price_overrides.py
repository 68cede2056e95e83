"""Let a cart item have a price that staff set."""

from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly


class Migration(migrations.Migration):
    dependencies = [("cart", "0012_confirmed_vat_numbers")]

    operations = [
        migrations.AddField(
            model_name="cartitem",
            name="price_override",
            field=models.DecimalField(
                decimal_places=2,
                editable=False,
                help_text="The unit price that staff set in a draft, instead of the product's.",
                max_digits=12,
                null=True,
            ),
        ),
        AddConstraintQuickly(
            model_name="cartitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_override", None), ("price_override__gte", 0), _connector="OR"
                ),
                name="cartitem_price_override_not_negative",
                violation_error_message="A price cannot be negative.",
            ),
        ),
    ]
