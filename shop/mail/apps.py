"""The app ``shop_mail``."""

from django.apps import AppConfig
from django.conf import settings


class MailConfig(AppConfig):
    """Messages to buyers."""

    name = "shop.mail"
    label = "shop_mail"
    verbose_name = "Mail"

    def ready(self) -> None:
        """Register the mails, unless the shop sends none, and checks, readings and tasks."""
        from shop.core import metrics, tasks  # noqa: PLC0415 - they import models
        from shop.mail import checks, mails, sending  # noqa: F401, PLC0415
        from shop.mail.metrics import read  # noqa: PLC0415

        metrics.register(read)
        if settings.MAIL_MODE != "off":
            mails.register_all()
            tasks.register_due("mail", sending.enqueue_due)
