"""Import of products from a file, in batches.

``files`` opens a file, and ``tables``, ``workbooks``, ``shopify``, ``shop`` and ``json_file``
convert its format to rows. ``records`` groups the rows of a product, ``planner`` compares it with
the database, and ``run`` controls the import.
"""

from catalog.exchange.imports.counts import Counts, Outcome, Result
from catalog.exchange.imports.files import FORMATS, Source, check, open_source
from catalog.exchange.imports.glance import Glance, glance
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import FileError, RowError
from catalog.exchange.imports.run import (
    BATCH,
    ImportOptions,
    StrictImportError,
    import_products,
)

__all__ = [
    "BATCH",
    "FORMATS",
    "Choices",
    "Counts",
    "FileError",
    "Glance",
    "ImportOptions",
    "Outcome",
    "Reading",
    "Result",
    "RowError",
    "Source",
    "StrictImportError",
    "check",
    "glance",
    "import_products",
    "open_source",
]
