"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments and their gateways."""

    name = "payments"
