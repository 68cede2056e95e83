"""``manage.py load_tax_rates FILE``: load tax rates from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from cart.taxes.loader import FileRefused, Report, load_tax_rates
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Loads all rows of a file, or none, and prints what it changed."""

    help = (
        "Loads tax rates from a CSV file in UTF-8 with the columns country, region, tax_class, "
        "rate, name, source, valid_from and optionally reason. Each row needs a source and a "
        "first day. If any row has an error, nothing is changed. Loading a file again changes "
        "nothing. Rates that are not in the file are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and ``--dry-run``."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Only report the changes.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the file. Raises CommandError with a line for each error."""
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as lines:
                report = _load(lines, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError("The file is not in UTF-8. Save it in UTF-8.") from None
        except FileRefused as error:
            raise CommandError(f"Nothing was changed.\n{error}") from None
        for line in report.created:
            self.stdout.write(f"created: {line}")
        for line in report.changed:
            self.stdout.write(f"changed: {line}")
        self.stdout.write(f"{report}{' (dry run)' if options['dry_run'] else ''}")


def _load(lines: Any, *, dry_run: bool) -> Report:
    with transaction.atomic():
        report = load_tax_rates(lines)
        transaction.set_rollback(dry_run)
    return report
