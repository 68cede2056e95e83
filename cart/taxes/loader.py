"""Loads tax rates from a CSV file: all rows or none, and each row once.

The columns are country, region, tax_class, rate, name, source and valid_from, and optionally
reason. A tax class is named by its code; empty or ``standard`` is the standard class.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from cart.places import REGION_LENGTH
from cart.taxes.models import NAME_LENGTH, REASON_LENGTH, SOURCE_LENGTH, TaxRate
from catalog.models import TaxClass
from shop.core.countries import is_country, region_code
from shop.core.transactions import transactional

COLUMNS = ("country", "region", "tax_class", "rate", "name", "source", "valid_from")
OPTIONAL = ("reason",)
STANDARD = ("", "standard")
MAX_ROWS = 100_000
_LENGTHS = {
    "region": REGION_LENGTH,
    "name": NAME_LENGTH,
    "source": SOURCE_LENGTH,
    "reason": REASON_LENGTH,
}
_CHANGEABLE = ("rate", "name", "reason", "source")

Key = tuple[str, str, int | None, date]
"""Country, region, id of the tax class, first day."""


class FileRefused(Exception):
    """The file has errors, so that nothing was changed. ``errors`` are sentences."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Report:
    """What a file changed, as sentences, and how many rows it left as they were."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0

    def __str__(self) -> str:
        counts = (len(self.created), len(self.changed), self.unchanged)
        return "{} created, {} changed, {} unchanged".format(*counts)


@transactional
def load_tax_rates(lines: Iterable[str]) -> Report:
    """Create the rates of a file, and update those that exist already.

    Rates that are not in the file are kept. Raises FileRefused if any row has an error.
    """
    rows = _read(lines)
    stored = {_key(row): row for row in TaxRate.objects.select_related("tax_class")}
    created, changed, unchanged = [], [], 0
    for row in rows:
        old = stored.get(_key(row))
        if old is None:
            created.append(row)
        elif differences := _differences(old, row):
            for name in _CHANGEABLE:
                setattr(old, name, getattr(row, name))
            old.save()
            changed.append(f"{_describe(row)}: {differences}")
        else:
            unchanged += 1
    if created:
        TaxRate.objects.bulk_create(created)
    return Report([_describe(row) for row in created], changed, unchanged)


def _read(lines: Iterable[str]) -> list[TaxRate]:
    """Return the rows of a file. Raises FileRefused."""
    reader = csv.DictReader(lines, restkey="", restval="")
    names = [_name(column) for column in reader.fieldnames or ()]
    wrong = [f"The column {name} is missing." for name in COLUMNS if name not in names]
    wrong += [f"The column {name} is unknown." for name in names if name not in COLUMNS + OPTIONAL]
    if wrong:
        raise FileRefused([*wrong, f"The columns are {', '.join(COLUMNS + OPTIONAL)}."])
    reader.fieldnames = names
    classes = dict(TaxClass.objects.values_list("code", "pk"))
    rows: dict[Key, TaxRate] = {}
    errors = []
    for number, values in enumerate(reader, start=2):
        found = list(_errors(values, classes))
        row = None if found else _row(values, classes)
        if row is not None and _key(row) in rows:
            found.append("the file has this place, class and day twice")
        errors += [f"Line {number}: {sentence}." for sentence in found]
        if row is not None:
            rows[_key(row)] = row
        if number > MAX_ROWS:
            raise FileRefused([f"The file has more than {MAX_ROWS} rows."])
    if errors or not rows:
        raise FileRefused(errors or ["The file has no rows."])
    return list(rows.values())


def _name(column: str) -> str:
    return column.strip().lower().replace(" ", "_").removeprefix("\ufeff")


def _errors(values: dict[str, str], classes: dict[str, int]) -> Iterator[str]:
    """Yield what is wrong with a row."""
    if "" in values:
        yield "it has more values than there are columns"
    country = values["country"].strip().upper()
    if not is_country(country):
        yield f"“{country}” is not the code of a country, such as DE"
    code = values["tax_class"].strip()
    if code not in STANDARD and code not in classes:
        yield f"there is no tax class “{code}”; add it in the admin first, or leave it empty"
    if _rate(values["rate"]) is None:
        yield f"“{values['rate']}” is not a percentage from 0 to 100 with up to three decimals"
    yield from (f"{name} is missing" for name in ("name", "source") if not values[name].strip())
    if _date(values["valid_from"]) is None:
        yield f"valid_from must be a date such as 2026-01-01, not “{values['valid_from']}”"
    for name, limit in _LENGTHS.items():
        if len(values.get(name, "").strip()) > limit:
            yield f"{name} has more than {limit} characters"


def _row(values: dict[str, str], classes: dict[str, int]) -> TaxRate:
    """Return a row that has no errors."""
    code, country = values["tax_class"].strip(), values["country"].strip().upper()
    return TaxRate(
        country=country,
        region=region_code(country, values["region"].strip()),
        tax_class_id=None if code in STANDARD else classes[code],
        rate=_rate(values["rate"]) or Decimal(0),
        name=values["name"].strip(),
        reason=values.get("reason", "").strip(),
        source=values["source"].strip(),
        valid_from=_date(values["valid_from"]) or date.min,
    )


def _rate(text: str) -> Decimal | None:
    try:
        rate = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not rate.is_finite() or not 0 <= rate <= 100 or rate != round(rate, 3):
        return None
    return rate


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _key(row: TaxRate) -> Key:
    return row.country, row.region, row.tax_class_id, row.valid_from


def _differences(old: TaxRate, new: TaxRate) -> str:
    names = [name for name in _CHANGEABLE if getattr(old, name) != getattr(new, name)]
    return ", ".join(f"{name} was {_text(getattr(old, name))}" for name in names)


def _text(value: Decimal | str) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value or "empty"


def _describe(row: TaxRate) -> str:
    kind = row.tax_class.code if row.tax_class else "standard"
    return f"{row}, {kind}, from {row.valid_from}"
