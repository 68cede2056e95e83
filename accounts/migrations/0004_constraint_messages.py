"""Give each constraint a message for people. AlterConstraint changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_metadata")]

    # PostgreSQL and SQLite keep neither help texts nor messages.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterConstraint(
                    model_name="user",
                    name="user_name_is_no_address",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("username__contains", "@"), _negated=True),
                        name="user_name_is_no_address",
                        violation_error_message="A username cannot contain @.",
                    ),
                ),
            ],
        ),
    ]
