"""Give each constraint a message for people. AlterConstraint changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cart", "0003_metadata")]

    # PostgreSQL and SQLite keep neither help texts nor messages.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterConstraint(
                    model_name="cart",
                    name="cart_one_open_per_user",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("user",),
                        name="cart_one_open_per_user",
                        violation_error_message="A user can have only one open cart.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="cart",
                    name="cart_status_known",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "ordered"])),
                        name="cart_status_known",
                        violation_error_message="The status of a cart must be one of the known statuses.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="cartitem",
                    name="cartitem_one_line_per_product",
                    constraint=models.UniqueConstraint(
                        fields=("cart", "product"),
                        name="cartitem_one_line_per_product",
                        violation_error_message="A cart can contain each product only once.",
                    ),
                ),
                migrations.AlterConstraint(
                    model_name="cartitem",
                    name="cartitem_quantity_1_to_999",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1), ("quantity__lte", 999)),
                        name="cartitem_quantity_1_to_999",
                        violation_error_message="The quantity of a cart item must be between 1 and 999.",
                    ),
                ),
            ],
        ),
    ]
