"""Moving out: the catalogue as the importer reads it, unchanged after a round trip."""

from catalog.exchange.exports.files import FORMATS, ExportRefused, export_products

__all__ = ["FORMATS", "ExportRefused", "export_products"]
