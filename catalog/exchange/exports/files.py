"""Writes an export as CSV, XLSX or JSON."""

import csv
import io
import json
from collections.abc import Collection, Iterator
from typing import BinaryIO

from catalog.attributes.models import Attribute
from catalog.exchange.exports.entries import Entry, as_text, read_entries
from catalog.exchange.exports.shopify import write_shopify
from catalog.exchange.imports.rows import Kind
from catalog.exchange.imports.shop import ATTRIBUTE, COLUMNS, OPTIONS
from catalog.exchange.imports.tables import escape_formula
from catalog.exchange.imports.translations import SEPARATOR, translated_columns
from catalog.products.models import Product

FORMATS = ("csv", "xlsx", "json", "shopify")

_NESTED = frozenset({"variants", "pictures", "attributes", "options", "choice", "translations"})


def export_products(
    file: BinaryIO,
    form: str,
    only: Collection[int] | None = None,
) -> None:
    """Write products, categories and attributes to a file, in constant memory.

    ``form`` is one of FORMATS. ``only`` are the ids of the products to export; None exports all.
    Raises ExportError for values that a workbook cannot represent.
    """
    entries = read_entries(only)
    if form == "json":
        _write_json(file, entries)
        return
    attributes = dict(Attribute.objects.order_by("slug").values_list("slug", "name"))
    if form == "shopify":
        write_shopify(file, entries, _metadata_keys(), attributes)
        return
    columns = [*COLUMNS, *(ATTRIBUTE + slug for slug in attributes), *translated_columns()]
    rows = (row for entry in entries for row in _flatten(entry))
    if form == "xlsx":
        # Only now, because openpyxl needs some MiB, which an import has better uses for.
        from catalog.exchange.exports.sheets import write_xlsx  # noqa: PLC0415

        write_xlsx(file, columns, rows)
    else:
        _write_csv(file, columns, rows)


def _metadata_keys() -> list[str]:
    """Return the keys of the metadata of all products."""
    products = Product.objects.not_archived().listed().exclude(metadata={}).order_by()
    rows = products.values_list("metadata", flat=True).iterator()
    return sorted({key for metadata in rows for key in metadata})


def _flatten(entry: Entry) -> Iterator[Entry]:
    """Yield the rows of an entry: the entry, its images, and its variants with their images."""
    slug = entry["slug"] if entry["row"] == Kind.PRODUCT else ""
    yield _row(entry)
    for image in entry.get("pictures", ()):
        yield {"row": Kind.IMAGE.value, "slug": slug, **_row(image)}
    for variant in entry.get("variants", ()):
        yield {"row": Kind.VARIANT.value, "slug": slug, **_row(variant)}
        for image in variant["pictures"]:
            yield {"row": Kind.IMAGE.value, "slug": slug, **_row(image)}


def _row(entry: Entry) -> Entry:
    cells = {name: value for name, value in entry.items() if name not in _NESTED}
    options: list[str] = entry.get("choice") or entry.get("options") or []
    cells.update(zip(OPTIONS, options, strict=False))
    cells.update({ATTRIBUTE + slug: v for slug, v in entry.get("attributes", {}).items()})
    for language, texts in entry.get("translations", {}).items():
        cells.update({f"{name}{SEPARATOR}{language}": text for name, text in texts.items()})
    for name, value in cells.items():
        if isinstance(value, list):
            cells[name] = _join(value)
        elif isinstance(value, dict):  # metadata
            cells[name] = json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    return cells


def _join(items: list[str]) -> str:
    """Return items as a line of CSV, which ``catalog.exchange.imports.shop.split`` reads."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(items)
    return line.getvalue()


def _write_csv(file: BinaryIO, columns: list[str], rows: Iterator[Entry]) -> None:
    # With a byte order mark spreadsheets recognize UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow(columns)
    for row in rows:
        lines.writerow([escape_formula(as_text(row.get(name))) for name in columns])
    text.flush()
    text.detach()


def _write_json(file: BinaryIO, entries: Iterator[Entry]) -> None:
    before = b"[\n"
    for entry in entries:
        file.write(before + json.dumps(entry, ensure_ascii=False, default=as_text).encode())
        before = b",\n"
    file.write(b"\n]\n" if before != b"[\n" else b"[]\n")
