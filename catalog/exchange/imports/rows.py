"""Rows, to which every format is converted. They have canonical columns and a line number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Cell = str | list[str]
_QUOTED = 40


class FileError(Exception):
    """The file cannot be read, or not to its end. ``line`` is 0 if the whole file is invalid."""

    def __init__(self, reason: str, *, line: int = 0, column: str = "") -> None:
        """Prefix the reason with the location."""
        super().__init__(location(line, column) + reason)


@dataclass(frozen=True, slots=True)
class RowError:
    """An error in a row, or a warning. ``column`` is the name in the file."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return location(self.line, self.column) + self.reason


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong in the rows of a product. With errors it is not imported."""

    errors: list[RowError]
    warnings: list[RowError]


class Kind(StrEnum):
    """The kind of a row. Variants and images belong to the product or variant above them."""

    PRODUCT = "product"
    VARIANT = "variant"
    IMAGE = "picture"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"
    TAX_CLASS = "tax_class"
    COLLECTION = "collection"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class Row:
    """A row. ``cells`` are by canonical column, and ``names`` are the columns' names in the file.

    A missing column does not change anything. An empty cell removes the value.
    """

    kind: Kind
    line: int
    cells: Mapping[str, Cell]
    names: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()

    def error(self, column: str, reason: str) -> RowError:
        """Return an error, or a warning, in a column."""
        return RowError(self.line, self.names.get(column, column), reason)

    def text(self, column: str) -> str:
        """Return a cell as text, or "" if it is missing or a list."""
        cell = self.cells.get(column, "")
        return cell.strip() if isinstance(cell, str) else ""

    def findings(self) -> Findings:
        """Return the findings of the reader, to which others can be added."""
        return Findings(list(self.errors), list(self.warnings))


Rows = Iterator[Row]


def location(line: int, column: str) -> str:
    """Return a prefix such as "line 3, price: "."""
    parts = ([f"line {line}"] if line else []) + ([column] if column else [])
    return f"{', '.join(parts)}: " if parts else ""


def quote(value: str) -> str:
    """Return a value in quotation marks, truncated."""
    return f'"{value[:_QUOTED]}…"' if len(value) > _QUOTED else f'"{value}"'
