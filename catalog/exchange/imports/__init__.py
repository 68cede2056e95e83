"""Moving in: products of a file, planned beside what the shop has and written in batches.

``files`` opens and ``tables``, ``workbooks``, ``shopify``, ``shop`` and ``json_file`` read a format
into rows; ``records`` puts the rows of a product together, ``planner`` compares, ``writer`` writes,
``run`` does it all. No web request comes in here.
"""

from catalog.exchange.imports.files import FORMATS, Source, check, open_source
from catalog.exchange.imports.rows import Fault, FileRefused
from catalog.exchange.imports.run import (
    BATCH,
    Counts,
    Outcome,
    Result,
    StrictRefused,
    Wishes,
    import_products,
)

__all__ = [
    "BATCH",
    "FORMATS",
    "Counts",
    "Fault",
    "FileRefused",
    "Outcome",
    "Result",
    "Source",
    "StrictRefused",
    "Wishes",
    "check",
    "import_products",
    "open_source",
]
