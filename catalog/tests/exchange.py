"""Helpers for tests of imports and exports."""

from io import BytesIO
from pathlib import Path

from catalog.exchange import imports
from catalog.exchange.exports import export_products
from catalog.models import (
    Attribute,
    CatalogRevision,
    Category,
    Collection,
    PriceChange,
    Product,
    ProductAttribute,
    ProductChange,
    ProductImage,
    ProductTag,
    StockMovement,
    TaxClass,
)

FILES = Path(__file__).parent / "files"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


def source_of(content, name="file.csv", form=""):
    """Return a source of bytes or text."""
    data = content if isinstance(content, bytes) else content.encode()
    return imports.check(imports.Source(name, BytesIO(data), len(data), form))


def import_content(content, name="file.csv", form="", **options):
    """Import content. Return the counts by outcome, and the results."""
    results = []
    if isinstance(content, Path):
        name, content = content.name, content.read_bytes()
    source = source_of(content, name, form)
    counts = imports.import_products(source, imports.ImportOptions(**options), results.append)
    return tuple(counts.of.values()), results


def errors_of(results):
    return [str(error) for result in results for error in result.errors]


def warnings_of(results):
    return [str(warning) for result in results for warning in result.warnings]


def notices_of(content, name="file.csv", **options):
    """Import content. Return what the import says about columns and stock."""
    source = source_of(content, name)
    options = imports.ImportOptions(**options)
    return imports.import_products(source, options, lambda _: None).notices()


def export(form="csv", only=None):
    file = BytesIO()
    export_products(file, form, only)
    return file.getvalue()


def everything():
    """Return all rows that a repeated import must not change."""
    models = (Product, StockMovement, PriceChange, ProductImage, CatalogRevision)
    return [list(model.objects.order_by("pk").values()) for model in models]


def empty_the_shop():
    """Delete what an import creates."""
    found = (PriceChange, ProductAttribute, ProductChange, ProductImage, ProductTag, StockMovement)
    for model in found:
        model.objects.all().delete()
    Product.objects.exclude(parent=None).delete()
    for model in (Product, Attribute, TaxClass):
        model.objects.all().delete()
    Collection.objects.all().delete()
    Category.objects.update(parent=None)
    Category.objects.all().delete()
