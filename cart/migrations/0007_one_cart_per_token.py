from django.db import migrations, models

from shop.core.operations import AddUniqueConstraintOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cart", "0006_validate_carts_of_guests")]

    operations = [
        AddUniqueConstraintOnline(
            model_name="cart",
            constraint=models.UniqueConstraint(
                condition=models.Q(("token_hash__isnull", False)),
                fields=("token_hash",),
                name="cart_one_per_token",
                violation_error_message="A token belongs to one cart only.",
            ),
        ),
    ]
