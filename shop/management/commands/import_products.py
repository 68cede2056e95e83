"""``manage.py import_products``: products of a file, into the shop."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.exchange.imports import (
    BATCH,
    FORMATS,
    FileError,
    ImportOptions,
    Outcome,
    Result,
    Source,
    StrictImportError,
    import_products,
    open_source,
)

_BAR = 30
_EVERY = 100


class Command(BaseCommand):
    """Imports products, a batch at a time, and names what it refuses."""

    help = (
        "Imports products from Shopify's CSV, our own CSV or XLSX, or JSON. Running it again "
        "changes nothing. docs/imports.md tells the columns. Exits with 1 if anything was refused."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and how to import it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=FORMATS, default="", help="Guessed if not given.")
        parser.add_argument("--dry-run", action="store_true", help="Tell what would change.")
        parser.add_argument(
            "--strict", action="store_true", help="Change nothing if anything is refused."
        )
        parser.add_argument(
            "--keep-stock", action="store_true", help="Leave the stock of what is there alone."
        )
        parser.add_argument(
            "--batch", type=int, default=BATCH, metavar="N", help="Rows in one transaction."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import. Raises CommandError where the file, or anything in it, was refused."""
        if not 1 <= options["batch"] <= 1000:
            raise CommandError("--batch is rows: 1 to 1000.")
        wishes = ImportOptions(
            dry_run=options["dry_run"],
            strict=options["strict"],
            keep_stock=options["keep_stock"],
            batch=options["batch"],
        )
        try:
            with open_source(options["file"], options["format"]) as source:
                self._import(source, wishes)
        except (FileError, StrictImportError) as refusal:
            raise CommandError(f"{options['file'].name}: {refusal}") from None
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None

    def _import(self, source: Source, wishes: ImportOptions) -> None:
        bar = _Bar(source)

        def tell(result: Result) -> None:
            bar.step()
            for error in result.errors:
                self.stdout.write(f"refused {result.title}: {error}")
            if wishes.dry_run and result.outcome in {Outcome.CREATED, Outcome.CHANGED}:
                self.stdout.write(f"{result.outcome} {result.title}: {'; '.join(result.changes)}")

        try:
            counts = import_products(source, wishes, tell)
        finally:
            bar.end()
        would = "a dry run: " if wishes.dry_run else ""
        self.stdout.write(f"{would}{counts}")
        if counts.of[Outcome.REFUSED]:
            raise CommandError(f"{counts.of[Outcome.REFUSED]} refused; the others are done")


class _Bar:
    """How far it is, on a terminal alone."""

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
        """Leave the line."""
        if self._shown and self._count >= _EVERY:
            sys.stderr.write("\n")
