"""Export of the catalog, in the formats that the import reads."""

from catalog.exchange.exports.errors import ExportError
from catalog.exchange.exports.files import FORMATS, export_products

__all__ = ["FORMATS", "ExportError", "export_products"]
