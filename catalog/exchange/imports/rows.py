"""What every format is read into: rows with canonical columns, each knowing where it stood."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Cell = str | list[str]
_QUOTED = 40


class FileRefused(Exception):
    """A file that cannot be read, or not to its end; ``line`` is 0 where no line is to blame."""

    def __init__(self, reason: str, *, line: int = 0, column: str = "") -> None:
        """Say what is the matter, and where."""
        super().__init__(place(line, column) + reason)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is the matter with a row; ``column`` as the file calls it."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return place(self.line, self.column) + self.reason


class Kind(StrEnum):
    """What a row is of. Variants and pictures belong to the product (or variant) above them."""

    PRODUCT = "product"
    VARIANT = "variant"
    IMAGE = "picture"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of ``cells`` by canonical column, and ``names``, what the file calls those columns.

    A column that is not in ``cells`` says nothing; an empty cell says that there is none.
    """

    kind: Kind
    line: int
    cells: Mapping[str, Cell]
    names: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def fault(self, column: str, reason: str) -> Fault:
        """Return a fault at one of its columns."""
        return Fault(self.line, self.names.get(column, column), reason)

    def text(self, column: str) -> str:
        """Return a cell as text, "" where there is none."""
        cell = self.cells.get(column, "")
        return cell.strip() if isinstance(cell, str) else ""


Rows = Iterator[Row]


def place(line: int, column: str) -> str:
    """Write where something is: "line 3, price: "."""
    parts = ([f"line {line}"] if line else []) + ([column] if column else [])
    return f"{', '.join(parts)}: " if parts else ""


def quote(value: str) -> str:
    """Quote a value of the file, shortened."""
    return f'"{value[:_QUOTED]}…"' if len(value) > _QUOTED else f'"{value}"'
