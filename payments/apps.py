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
        from payments.methods import offered_methods  # noqa: PLC0415

        payment_methods.register(offered_methods)

        from orders.payments import register as register_payments  # noqa: PLC0415
        from orders.payments import (  # noqa: PLC0415
            register_captures,
            register_give_back,
            register_restocks,
            register_stage,
        )
        from payments.services import give_back, pending_restocks  # noqa: PLC0415
        from payments.services.shipping import CapturesOnShipping  # noqa: PLC0415
        from payments.summaries import read_stage, read_summaries  # noqa: PLC0415

        register_payments(read_summaries)
        register_stage(read_stage)
        register_captures(CapturesOnShipping())
        register_give_back(give_back)
        register_restocks(pending_restocks)

        from payments.invoices import handlers  # noqa: PLC0415

        handlers.register()

        from payments import order_admin  # noqa: PLC0415

        order_admin.register()

        from payments.metrics import read  # noqa: PLC0415
        from shop.core import metrics  # noqa: PLC0415

        metrics.register(read)
