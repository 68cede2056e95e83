"""``manage.py export_products``: write the catalog to a file that ``import_products`` reads."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.exchange.exports import FORMATS, ExportError, export_products
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Exports all products that are not archived, with their categories and attributes."""

    help = (
        "Writes all products that are not archived, with their categories and attributes, to a "
        "file that import_products reads. docs/imports.md describes the columns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and ``--format``."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format",
            choices=FORMATS,
            help="By default the extension of the file. shopify is Shopify's CSV.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Export. Raises CommandError, and then leaves no incomplete file."""
        path: Path = options["file"]
        form = options["format"] or path.suffix.removeprefix(".").lower()
        if form not in FORMATS:
            raise CommandError(
                f"Use a file name with .csv, .xlsx or .json, or set --format: {path}"
            )
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                export_products(file, form)
            part.replace(path)
        except ExportError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"{path} written")
