"""The columns of a file with the values of its first rows, and what each column is read as."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from catalog.exchange.imports.files import Source, open_table
from catalog.exchange.imports.readers import READERS
from catalog.exchange.imports.reading import Reading

SAMPLES = 3
"""The rows of which values are shown."""
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file. ``field`` is what it is read as, or "" if it is not read."""

    title: str
    field: str
    samples: Sequence[str]


@dataclass(frozen=True, slots=True)
class Glance:
    """How a file is read. ``columns`` can be chosen for a table of any form (``may_choose``)."""

    reading: Reading
    columns: Sequence[Column] = ()
    may_choose: bool = False


def glance(source: Source) -> Glance:
    """Return how a file is read, by its first rows.

    Columns that were chosen do not matter. Raises FileError, and Unavailable while another workbook
    is read.
    """
    source = replace(source, choices=replace(source.choices, columns={}))
    reading = Reading()
    with open_table(source, reading) as table:
        if table is None:
            return Glance(reading)
        rows = [cells for _, cells in islice(table.rows, SAMPLES)]
    found = READERS[reading.format].read_as(table.header, source.choices)
    columns = [
        Column(title, found.get(title, ""), [_value(cells, place) for cells in rows])
        for place, title in enumerate(table.header)
    ]
    return Glance(reading, columns, may_choose=reading.format == "shop")


def _value(cells: Sequence[str], place: int) -> str:
    text = str(cells[place]).strip() if place < len(cells) else ""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
