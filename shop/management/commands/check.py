"""``manage.py check``: Django's command, which also checks the configuration in the database."""

from typing import Any

from django.core.management.commands.check import Command as DjangoCommand

from cart.checks import with_configuration


class Command(DjangoCommand):
    """Also runs the checks of ``cart.checks``."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Check."""
        with with_configuration():
            super().handle(*args, **options)
