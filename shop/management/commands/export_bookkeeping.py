"""``manage.py export_bookkeeping``: write the orders, documents and payments of a period as CSV."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from payments.bookkeeping import Period, csv_lines
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Exports a period for bookkeeping."""

    help = (
        "Writes the orders, invoices, credit notes, taxes, payments and refunds of a period to the "
        "standard output, as CSV. docs/invoices.md describes the columns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the days of the period, in the shop's time zone (TIME_ZONE)."""
        for name, help_text in (("from", "the first day"), ("to", "the last day")):
            parser.add_argument(
                f"--{name}",
                dest=name,
                type=date.fromisoformat,
                required=True,
                metavar="YYYY-MM-DD",
                help=help_text,
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the lines. Raises CommandError for a period that ends before it begins."""
        try:
            period = Period(options["from"], options["to"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        for lines in csv_lines(period):
            self.stdout.write(lines, ending="")
