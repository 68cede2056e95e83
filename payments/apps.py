"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments and their gateways."""

    name = "payments"

    def ready(self) -> None:
        """Register the built-in gateways, the checks and the readings of payments."""
        import payments.checks  # noqa: F401, PLC0415
        from payments.gateways import register  # noqa: PLC0415 - gateways import models
        from payments.gateways.demo import DemoGateway  # noqa: PLC0415
        from payments.gateways.manual import BANK_TRANSFER, CASH_ON_DELIVERY  # noqa: PLC0415
        from payments.gateways.stripe import StripeGateway  # noqa: PLC0415

        for gateway in (DemoGateway(), StripeGateway(), CASH_ON_DELIVERY, BANK_TRANSFER):
            register(gateway)

        from cart import payment_methods  # noqa: PLC0415
        from payments.methods import kept_methods  # noqa: PLC0415

        payment_methods.register(kept_methods)

        from payments.metrics import read  # noqa: PLC0415
        from shop.core import metrics  # noqa: PLC0415

        metrics.register(read)
