"""Store which carts are drafts of staff."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0014_validate_price_overrides"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "link_hours",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How long the link is valid, if not DRAFT_LINK_HOURS.",
                        null=True,
                    ),
                ),
                ("sent_at", models.DateTimeField(editable=False, null=True)),
                (
                    "link_expires_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="Until then its order can be paid.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "cart",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="draft",
                        to="cart.cart",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose order it becomes; empty for a guest, who has an e-mail address only.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("override_prices", "Can override prices")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("link_hours", None),
                            models.Q(("link_hours__gte", 1), ("link_hours__lte", 8784)),
                            _connector="OR",
                        ),
                        name="draft_link_valid_for_a_year_at_most",
                        violation_error_message="A link is valid for 1 to 8784 hours.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("link_expires_at", None), ("sent_at", None)),
                            ("link_expires_at__gt", models.F("sent_at")),
                            _connector="OR",
                        ),
                        name="draft_link_expires_after_it_was_sent",
                        violation_error_message="The link of a draft must expire after it was sent.",
                    ),
                ],
            },
        ),
    ]
