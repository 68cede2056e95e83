"""Store notes of staff, and withdrawals that consumers declare."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0013_own_payment_windows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=2000)),
                (
                    "is_public",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Whether the buyer sees the note.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="ordernote_has_a_text",
                        violation_error_message="A note must have a text.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_number", models.CharField(help_text="As it was entered.", max_length=40)),
                ("email", models.CharField(max_length=254)),
                ("name", models.CharField(max_length=200)),
                (
                    "items",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="The items, as entered; empty for the whole order.",
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=2000)),
                ("language", models.CharField(help_text="That of the request.", max_length=10)),
                (
                    "status",
                    models.CharField(
                        choices=[("new", "New"), ("handled", "Handled")],
                        db_default="new",
                        default="new",
                        max_length=10,
                    ),
                ),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        help_text="The time of the declaration.",
                        verbose_name="received",
                    ),
                ),
                (
                    "handled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawals",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view", "change"),
                "indexes": [models.Index(fields=["status", "-id"], name="withdrawal_by_status")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("handled_at", None), ("handled_by", None), ("status", "new")),
                            models.Q(("handled_at__isnull", False), ("status", "handled")),
                            _connector="OR",
                        ),
                        name="withdrawal_new_or_handled",
                        violation_error_message="A withdrawal is new, or was handled at some time.",
                    )
                ],
            },
        ),
    ]
