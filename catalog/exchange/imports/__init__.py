"""Import: products of a file, compared with the existing ones and written in batches.

``files`` opens a file; ``tables``, ``workbooks``, ``shopify``, ``shop`` and ``json_file`` read a
format into rows. ``records`` groups the rows of a product, ``planner`` compares it with what
exists, and ``run`` does it all. None of them sees a web request.
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
