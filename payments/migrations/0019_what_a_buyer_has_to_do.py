"""Keep what kind of action a payment needs. What the action contains is not stored."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0018_remove_what_was_replaced")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="action_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("none", "None"),
                    ("redirect", "Redirect"),
                    ("client", "Client"),
                    ("display", "Display"),
                    ("wait", "Wait"),
                ],
                db_default="",
                help_text="What the buyer had to do when the provider was asked last.",
                max_length=10,
            ),
        ),
    ]
