"""``manage.py import_products``: import products from a file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.exchange.imports import (
    BATCH,
    FORMATS,
    Choices,
    FileError,
    ImportOptions,
    Outcome,
    Result,
    Source,
    StrictImportError,
    import_products,
    open_source,
)
from catalog.exchange.imports.decimals import MARKS
from shop.core.errors import Unavailable
from shop.management.base import ShopCommand

_BAR = 30
_EVERY = 100


class Command(ShopCommand):
    """Imports products in batches, and prints the products with errors."""

    help = (
        "Imports products from CSV, XLSX or JSON, or from the CSV of Shopify, WooCommerce or "
        "Magento. Importing the same file again changes nothing. docs/imports.md describes the "
        "columns. Prints those that it does not read. Exits with 1 if a product has an error."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the options of the import."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=FORMATS, default="", help="By default detected.")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="The column of the shop that a column of the file is, or nothing to ignore it.",
        )
        parser.add_argument("--encoding", default="", help="By default detected.")
        parser.add_argument(
            "--delimiter", default="", help="What is between two cells; \\t is a tab."
        )
        parser.add_argument(
            "--decimal", choices=MARKS, default="", help="The decimal mark. By default detected."
        )
        parser.add_argument(
            "--images-from", default="", metavar="URL", help="Where relative images are."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Print the changes without making them."
        )
        parser.add_argument(
            "--strict", action="store_true", help="Import nothing if any product has an error."
        )
        parser.add_argument(
            "--keep-stock",
            action="store_true",
            help="Do not change the stock of existing products.",
        )
        parser.add_argument(
            "--batch", type=int, default=BATCH, metavar="N", help="Rows in one transaction."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import. Raises CommandError if the file or a product has an error."""
        if not 1 <= options["batch"] <= 1000:
            raise CommandError("--batch must be 1 to 1000 rows.")
        wishes = ImportOptions(
            dry_run=options["dry_run"],
            strict=options["strict"],
            keep_stock=options["keep_stock"],
            batch=options["batch"],
        )
        try:
            choices = _choices(options)
            with open_source(options["file"], options["format"], choices) as source:
                self._import(source, wishes)
        except (FileError, StrictImportError) as error:
            raise CommandError(f"{options['file'].name}: {error}") from None
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except Unavailable:
            raise CommandError("Another workbook is being read. Run the command again.") from None

    def _import(self, source: Source, wishes: ImportOptions) -> None:
        bar = _Bar(source)

        def report(result: Result) -> None:
            bar.step()
            for error in result.errors:
                self.stdout.write(f"refused {result.title}: {error}")
            for warning in result.warnings:
                self.stdout.write(f"warning for {result.title}: {warning}")
            if wishes.dry_run and result.outcome in {Outcome.CREATED, Outcome.CHANGED}:
                self.stdout.write(f"{result.outcome} {result.title}: {'; '.join(result.changes)}")

        try:
            counts = import_products(source, wishes, report)
        finally:
            bar.end()
        prefix = "a dry run: " if wishes.dry_run else ""
        self.stdout.write(f"{prefix}{counts}")
        for notice in counts.notices():
            self.stdout.write(notice)
        if counts.new_images and not wishes.dry_run:
            self.stdout.write(f"{counts.new_images:,} images will be downloaded by the worker")
        if counts.of[Outcome.REFUSED]:
            raise CommandError(f"{counts.of[Outcome.REFUSED]} refused; the others are done")


def _choices(options: dict[str, Any]) -> Choices:
    """Return what was chosen about the file. Raises CommandError."""
    columns = {}
    for pair in options["map"]:
        column, equals, name = pair.rpartition("=")
        if not equals or not column:
            raise CommandError("--map must be COLUMN=FIELD, such as --map Preis=price.")
        columns[column] = name
    if columns and options["format"] not in {"", "shop"}:
        raise CommandError("--map is only for tables of no known format.")
    delimiter = options["delimiter"].replace("\\t", "\t")
    if len(delimiter) > 1:
        raise CommandError("--delimiter must be one character.")
    return Choices(
        encoding=options["encoding"],
        delimiter=delimiter,
        decimal=options["decimal"],
        columns=columns,
        images_from=options["images_from"],
    )


class _Bar:
    """A progress bar, on a terminal only."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shown = sys.stderr.isatty()
        self._count = 0

    def step(self) -> None:
        """Count one more."""
        self._count += 1
        if self._shown and self._count % _EVERY == 0:
            done = self._source.fraction_read()
            bar = "" if done is None else f"[{'#' * round(done * _BAR):<{_BAR}}] {done:4.0%} "
            sys.stderr.write(f"\r{bar}{self._count:,} read")
            sys.stderr.flush()

    def end(self) -> None:
        """End the line of the bar."""
        if self._shown and self._count >= _EVERY:
            sys.stderr.write("\n")
