"""The error of an export."""


class ExportError(Exception):
    """A value that the format cannot represent."""
