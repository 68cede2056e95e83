"""How a file is read: what was chosen, and what was found out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.exchange.imports.columns import NotRead
from catalog.exchange.imports.decimals import MARKS, POINT
from catalog.exchange.imports.encodings import title_of

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What people chose about a file. What is empty is detected.

    ``columns`` has a column of the shop, or "" for none, by the name of a column in the file.
    ``images_from`` is the URL that relative addresses of images belong to.
    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    images_from: str = ""


@dataclass(slots=True)
class Reading:
    """What was found out about a file, and what of it was not read."""

    not_read: NotRead = field(default_factory=NotRead)
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = POINT
    columns: dict[str, str] = field(default_factory=dict)
    """The columns of the shop by those of the file that were guessed or chosen."""

    def describe(self) -> str:
        """Return a line such as "read as shop: UTF-8, commas, decimal points"."""
        parts = [title_of(self.encoding)] if self.encoding else []
        if self.delimiter:
            parts.append(DELIMITERS.get(self.delimiter, f"the separator {self.delimiter}"))
        return f"read as {self.format}: {', '.join([*parts, MARKS[self.decimal]])}"

    def is_usual(self) -> bool:
        """Return whether a file is UTF-8 with commas and decimal points, or is no table."""
        usual = (self.encoding in {"", "utf-8"}, self.delimiter in {"", ","})
        return all(usual) and self.decimal == POINT

    def notices(self) -> list[str]:
        """Return sentences about an unusual file, columns that were guessed, and what is left."""
        lines = [] if self.is_usual() else [self.describe()]
        guessed = [f"{title} as {ours}" for title, ours in self.columns.items() if ours]
        if guessed:
            lines.append(f"columns: {', '.join(guessed)}")
        return [*lines, str(self.not_read)] if self.not_read.rows else lines
