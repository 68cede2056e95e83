"""The preview of an import: how the file is read, and what would be changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from django.contrib.auth.models import AbstractUser
from django.http import QueryDict

from catalog.exchange import imports, uploads
from catalog.exchange.forms import ColumnRow, ColumnsForm, ImportForm, ReadingForm, reading_form
from catalog.exchange.imports import Choices, Glance, Outcome, Result
from shop.core.errors import Unavailable

BUSY = "Another large file is being read. Please wait a minute, then upload the file again."
_MAX_RESULTS = 100
_OPTIONS = ("keep_stock", "strict")


@dataclass
class Report:
    """The counts of an import or its preview, and the first hundred results."""

    counts: imports.Counts = field(default_factory=imports.Counts)
    results: list[Result] = field(default_factory=list)
    number: int = 0

    def add(self, result: Result) -> None:
        """Add a result, of the first hundred. Ignores unchanged products without warnings."""
        if result.outcome == Outcome.UNCHANGED and not result.warnings:
            return
        self.number += 1
        if len(self.results) < _MAX_RESULTS:
            self.results.append(result)

    @property
    def more(self) -> int:
        """The number of results that are not shown."""
        return self.number - len(self.results)

    def may_be_confirmed(self, *, strict: bool, **_: bool) -> bool:
        """Return whether the import would change something and is not prevented by errors."""
        of = self.counts.of
        return bool(of[Outcome.CREATED] or of[Outcome.CHANGED]) and not (
            strict and of[Outcome.REFUSED]
        )


@dataclass
class Page:
    """What the page shows. Without a ``stored`` file it has the form to upload one."""

    form: ImportForm
    stored: str = ""
    """The signed reference to the file."""
    name: str = ""
    reading: ReadingForm | None = None
    columns: ColumnsForm | None = None
    column_rows: Sequence[ColumnRow] = ()
    error: str = ""
    """Why the file cannot be read, or not to its end."""
    report: Report | None = None
    confirmation: str = ""
    busy: Unavailable | None = None


def preview(
    page: Page,
    user: AbstractUser,
    stored: dict[str, Any],
    file: BinaryIO,
    *,
    options: dict[str, bool] | None = None,
    sent: QueryDict | None = None,
) -> None:
    """Read a stored file, with ``options`` or as the form that was ``sent`` says. Writes nothing.

    The page gets a confirmation if the import would change something.
    """
    stored = {"file": stored["file"], "name": stored["name"], "options": options or {}}
    page.name, page.stored = stored["name"], uploads.sign(user, stored)
    if sent is not None:
        page.reading = ReadingForm(sent)
        if not page.reading.is_valid():
            return
        data = page.reading.cleaned_data
        stored["options"] = {name: data[name] for name in _OPTIONS}
        stored["format"], stored["choices"] = data["format"], asdict(page.reading.choices())
    try:
        _read(page, stored, file, sent)
    except imports.FileError as error:
        page.error = str(error)
        page.form.add_error(None, page.error) if page.form.is_bound else None
    except Unavailable as error:
        page.error, page.busy = BUSY, error
    if page.report is not None and page.report.may_be_confirmed(**stored["options"]):
        page.confirmation = uploads.sign(user, stored)
    page.reading = page.reading or reading_form(Glance(imports.Reading()), stored["options"])


def _read(page: Page, stored: dict[str, Any], file: BinaryIO, sent: QueryDict | None) -> None:
    """Add the columns and the report to the page. Raises FileError, Unavailable."""
    source = source_of(stored, file)
    seen = imports.glance(source)
    page.reading = page.reading or reading_form(seen, stored["options"])
    page.columns = ColumnsForm(glance=seen)
    if sent is not None and page.columns.has_seen(sent):
        page.columns = ColumnsForm(sent, glance=seen)
        if not page.columns.is_valid():
            page.column_rows = list(page.columns.rows({}))
            return
        stored["choices"]["columns"] = page.columns.chosen()
    try:
        page.report = run(source_of(stored, file), dry_run=True, **stored["options"])
    finally:
        not_read = page.report.counts.reading.not_read.rows if page.report else {}
        page.column_rows = list(page.columns.rows(not_read))


def source_of(stored: dict[str, Any], file: BinaryIO) -> imports.Source:
    """Return the source of a stored file, as it was chosen to be read. Raises FileError."""
    choices = Choices(**stored.get("choices", {}))
    size = file.seek(0, 2)
    form = stored.get("format", "")
    if choices.columns:
        form = "shop"
    return imports.check(imports.Source(stored["name"], file, size, form, choices))


def run(source: imports.Source, **options: Any) -> Report:
    """Import a file, or preview it. Raises FileError, StrictImportError, Unavailable."""
    report = Report()
    report.counts = imports.import_products(source, imports.ImportOptions(**options), report.add)
    return report
