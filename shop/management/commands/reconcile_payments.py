"""``manage.py reconcile_payments``: our books beside the payment providers'."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from payments import gateways
from payments.gateways import GatewayUnavailable, SupportsReconciliation
from payments.jobs import settle_payments
from payments.reconciliation import Difference, find_differences, find_failed_late_refunds
from shop.core.errors import ShopError
from shop.engine import lift_statement_timeout


class Command(BaseCommand):
    """Settles what is open, then prints a line for each difference; with ``--fix`` heals it."""

    help = (
        "Settles what is open by asking the payment providers, then compares their books with "
        "ours, both ways: a line for each difference, and for late money whose refund failed, and "
        "exit 1 while there is one. With --fix it heals those that have one right answer."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--fix`` and ``--days``."""
        parser.add_argument("--fix", action="store_true", help="Heal what has one right answer.")
        parser.add_argument("--days", type=int, default=30, help="How far to look back.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare every provider that keeps books. Raises CommandError while they differ."""
        if options["days"] < 1:
            raise CommandError("--days is 1 or more.")
        lift_statement_timeout()
        self.stdout.write(f"{settle_payments()} payments settled")
        since = timezone.now() - timedelta(days=options["days"])
        # First, since it needs no provider that answers.
        left = sum(not self._tell(each, fix=options["fix"]) for each in find_failed_late_refunds())
        for gateway in gateways.enabled().values():
            if isinstance(gateway, SupportsReconciliation):
                try:
                    # All of them first: a correction would change what the next is compared with.
                    found = list(find_differences(gateway, gateway, since))
                except GatewayUnavailable as error:
                    raise CommandError(f"{gateway.code} did not answer: {error}") from error
                left += sum(not self._tell(each, fix=options["fix"]) for each in found)
        if left:
            raise CommandError(f"{left} differences")
        self.stdout.write("reconcile: the providers' books and ours agree")

    def _tell(self, difference: Difference, *, fix: bool) -> bool:
        """Print a difference and what is done about it; return whether it is healed."""
        if difference.correct is None:
            self.stdout.write(f"{difference.sentence} (a person has to decide)")
            return False
        if not fix:
            self.stdout.write(f"{difference.sentence} (--fix heals it)")
            return False
        try:
            difference.correct()
        except (GatewayUnavailable, ShopError) as error:
            self.stdout.write(f"{difference.sentence} (not healed: {error})")
            return False
        self.stdout.write(f"{difference.sentence} (healed)")
        return True
