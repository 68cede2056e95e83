"""Export: the catalog in the formats that the import reads, unchanged after a round trip."""

from catalog.exchange.exports.files import FORMATS, ExportRefused, export_products

__all__ = ["FORMATS", "ExportRefused", "export_products"]
