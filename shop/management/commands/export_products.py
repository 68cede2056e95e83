"""``manage.py export_products``: the catalogue into a file that ``import_products`` reads."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.exchange.exports import FORMATS, ExportError, export_products


class Command(BaseCommand):
    """Exports all products that are not archived, with their categories and attributes."""

    help = (
        "Writes all products that are not archived, with their categories and attributes, into a "
        "file that import_products reads. docs/imports.md tells the columns."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and its format."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", choices=FORMATS, help="As the file's name ends, if not given."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Export. Raises CommandError, and leaves no half of a file."""
        path: Path = options["file"]
        form = options["format"] or path.suffix.removeprefix(".").lower()
        if form not in FORMATS:
            raise CommandError(f"Name the file .csv, .xlsx or .json, or give --format: {path}")
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                export_products(file, form)
            part.replace(path)
        except ExportError as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"{path} written")
