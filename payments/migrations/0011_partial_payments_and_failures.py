"""Let an order have several payments, and keep why payments and refunds fail."""

from django.db import migrations, models

from shop.core.operations import AddConstraintQuickly

FAILURES = [
    ("card_declined", "Card declined"),
    ("insufficient_funds", "Insufficient funds"),
    ("expired_card", "Expired card"),
    ("incorrect_details", "Incorrect details"),
    ("authentication_failed", "Authentication failed"),
    ("limit_exceeded", "Limit exceeded"),
    ("method_not_supported", "Method not supported"),
    ("token_invalid", "Invalid token"),
    ("amount_too_small", "Amount too small"),
    ("amount_too_large", "Amount too large"),
    ("account_not_active", "Account of the shop not active"),
    ("provider_unavailable", "Provider unavailable"),
    ("charge_disputed", "Charge disputed"),
    ("account_closed", "Card or account closed"),
    ("balance_too_low", "Balance of the shop too low"),
    ("already_refunded", "Already refunded"),
    ("unknown", "Unknown"),
]


def failure_code(help_text: str) -> "models.CharField[str, str]":
    return models.CharField(
        blank=True, choices=FAILURES, db_default="", help_text=help_text, max_length=30
    )


def known(name: str, message: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(("failure_code__in", ["", *(code for code, _ in FAILURES)])),
        name=name,
        violation_error_message=message,
    )


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_invoices_never_change")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="failure_code",
            field=failure_code("Why the payment failed, if that is known."),
        ),
        migrations.AddField(
            model_name="payment",
            name="is_partial",
            field=models.BooleanField(
                db_default=False,
                help_text="Other payments of the order may be live at the same time.",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="return_url",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="The page of the storefront to which the provider sends the buyer back.",
                max_length=2000,
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="failure_code",
            field=failure_code("Why the refund failed, if that is known."),
        ),
        AddConstraintQuickly(
            model_name="payment",
            constraint=known(
                "payment_failure_code_known", "This is not a reason why payments fail."
            ),
        ),
        AddConstraintQuickly(
            model_name="refund",
            constraint=known("refund_failure_code_known", "This is not a reason why refunds fail."),
        ),
    ]
