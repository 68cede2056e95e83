"""``manage.py reconcile_payments``: compare payments with the payment providers."""

import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from payments import gateways
from payments.gateways import (
    Gateway,
    GatewayUnavailable,
    ReportsDisputes,
    SupportsReconciliation,
)
from payments.jobs import settle_payments
from payments.reconciliation import Difference, find_differences, find_disputes, find_unsettled
from shop.core.errors import ShopError
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand

logger = logging.getLogger("shop.payments")


class Command(ShopCommand):
    """Settles open payments, then prints or, with ``--fix``, corrects each difference."""

    help = (
        "Settles open payments, then compares payments and refunds with those of the payment "
        "providers. Prints a line for each difference and for each failed refund of a late "
        "payment, and exits with 1 if there is one. --fix makes the corrections that need no "
        "decision."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--fix`` and ``--days``."""
        parser.add_argument(
            "--fix", action="store_true", help="Make the corrections that need no decision."
        )
        parser.add_argument(
            "--days", type=int, default=30, help="Age of the oldest payments to compare (30)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare with each provider that lists charges. Raises CommandError for differences.

        Raises TimeOver if a worker that runs it stops.
        """
        if options["days"] < 1:
            raise CommandError("--days must be 1 or more.")
        lift_statement_timeout()
        self.stdout.write(f"{settle_payments()} payments settled")
        since = timezone.now() - timedelta(days=options["days"])
        # First, because it does not need the providers.
        left = sum(not self._report(each, fix=options["fix"]) for each in find_unsettled())
        for gateway in gateways.enabled().values():
            try:
                # All of them first, because a correction changes what others are compared with.
                found = list(_find(gateway, since))
            except GatewayUnavailable as error:
                raise CommandError(f"{gateway.code} did not answer: {error}") from error
            left += sum(not self._report(each, fix=options["fix"]) for each in found)
        if left:
            raise CommandError(f"{left} differences")
        self.stdout.write("reconcile: payments and providers agree")

    def _report(self, difference: Difference, *, fix: bool) -> bool:
        """Print a difference, and correct it with ``fix``. Return whether it is corrected."""
        if difference.correct is None:
            # The log has it too: the worker runs this each day.
            logger.warning("reconciliation: %s", difference.sentence)
            self.stdout.write(f"{difference.sentence} (needs a decision)")
            return False
        if not fix:
            self.stdout.write(f"{difference.sentence} (--fix corrects it)")
            return False
        try:
            difference.correct()
        except (GatewayUnavailable, ShopError) as error:
            self.stdout.write(f"{difference.sentence} (not corrected: {error})")
            return False
        self.stdout.write(f"{difference.sentence} (corrected)")
        return True


def _find(gateway: Gateway, since: datetime) -> Iterator[Difference]:
    """Yield the differences in charges, refunds and disputes. Raises GatewayUnavailable."""
    if isinstance(gateway, SupportsReconciliation):
        yield from find_differences(gateway, gateway, since)
    if isinstance(gateway, ReportsDisputes):
        yield from find_disputes(gateway, gateway, since)
