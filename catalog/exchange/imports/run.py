"""Runs an import.

Each batch is a transaction of about a hundred rows, so that orders do not wait long for its locks.
Existing products are found again, so an import that was interrupted can be repeated.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError

from catalog.collections.services import add_members, lock_collections
from catalog.errors import SlugTaken
from catalog.exchange.imports.categories import CategoryReference
from catalog.exchange.imports.counts import Counts, Outcome, Result
from catalog.exchange.imports.definition_records import Definition
from catalog.exchange.imports.definitions import Definitions
from catalog.exchange.imports.duplicates import FileKeys
from catalog.exchange.imports.existing import read_existing
from catalog.exchange.imports.files import Source, read
from catalog.exchange.imports.planner import Planner
from catalog.exchange.imports.plans import Plan
from catalog.exchange.imports.records import ProductRecord, Record, group_rows
from catalog.exchange.imports.rows import FileError
from catalog.images.downloads import queue_downloads
from catalog.limits import REASON_LENGTH
from catalog.products.writes import save_families
from shop.core.tracing import acting_as
from shop.core.transactions import transactional

BATCH = 100
"""Products and variants in one transaction. The last product of a batch may exceed it."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of an import.

    ``strict`` writes nothing if there is any error. ``keep_stock`` does not change the stock of
    existing products. ``batch`` is the number of rows in a transaction.
    """

    dry_run: bool = False
    strict: bool = False
    keep_stock: bool = False
    batch: int = BATCH
    actor: AbstractUser | None = None


class StrictImportError(Exception):
    """A strict import found errors and wrote nothing."""


def import_products(
    source: Source, options: ImportOptions, report: Callable[[Result], None]
) -> Counts:
    """Import a file and call ``report`` with each result.

    Products with errors are skipped. A strict import makes a dry run first and raises
    StrictImportError if there are errors. Raises FileError if the file cannot be read to its end;
    the products before that point are imported.
    """

    def report_errors(result: Result) -> None:
        if result.outcome == Outcome.REFUSED:
            report(result)

    if options.strict and not options.dry_run:
        counts = _Run(source, replace(options, dry_run=True)).run(report_errors)
        if refused := counts.of[Outcome.REFUSED]:
            raise StrictImportError(f"Nothing was changed, because {refused} were refused.")
    return _Run(source, options).run(report)


class _Run:
    """One pass over a file."""

    def __init__(self, source: Source, options: ImportOptions) -> None:
        self._source, self._options = source, options
        self._definitions = Definitions(dry_run=options.dry_run)
        self._counts = Counts(is_dry_run=options.dry_run)
        self._unchanged: set[int] = set()
        """The ids, as objects, of the plans of a batch that change nothing."""

    def run(self, report: Callable[[Result], None]) -> Counts:
        """Import the file, report each result and return their counts. Raises FileError."""
        broken: list[FileError] = []
        with FileKeys() as keys:
            for result in self._results(keys, broken):
                self._counts.add(result)
                report(result)
        self._counts.add_categories(self._definitions.number_undefined())
        self._counts.add_collections(self._definitions.number_undefined_collections())
        if broken:
            raise broken[0]
        return self._counts

    def _results(self, keys: FileKeys, broken: list[FileError]) -> Iterator[Result]:
        for batch in _batches(self._records(broken), self._options.batch):
            if isinstance(batch, list):
                for record in batch:
                    keys.check(record)
                yield from self._import(batch, keys)
            else:
                yield self._define(batch)

    def _records(self, broken: list[FileError]) -> Iterator[Record]:
        """Yield the records before the point where the file cannot be read any further."""
        try:
            yield from group_rows(read(self._source, self._counts.reading))
        except FileError as error:
            broken.append(error)

    def _define(self, record: Definition) -> Result:
        is_new = self._definitions.define(record)
        name = record.values.get("slug") or record.values.get("name", "")
        title = f"{record.row.kind} {name}"
        kind = record.row.kind
        if record.errors:
            return Result(title, Outcome.REFUSED, (), record.errors, record.warnings, kind)
        outcomes = {True: Outcome.CREATED, False: Outcome.CHANGED, None: Outcome.UNCHANGED}
        return Result(title, outcomes[is_new], warnings=record.warnings, kind=kind)

    def _import(self, records: Sequence[ProductRecord], keys: FileKeys) -> Iterator[Result]:
        valid = [record for record in records if not record.errors]
        self._names = keys.names
        if self._options.dry_run:
            plans = self._plan(valid, lock=False)
            for reference in _missing_categories(plans):
                self._definitions.add_undefined_category(reference)
            self._definitions.add_undefined_collections(_missing_collections(plans))
        else:
            plans = self._write(valid)
        by_record = {id(plan.record): plan for plan in plans}
        for record in records:
            plan = by_record.get(id(record))
            if plan is None:
                yield _refused(record)
            else:
                keys.remember_slug(plan.product.row.slug, record.row.line)
                yield _unchanged(plan) if id(plan) in self._unchanged else _result(plan)

    def _write(self, records: Sequence[ProductRecord]) -> list[Plan]:
        """Write a batch. Only products that change are locked."""
        plans = self._plan(records, lock=False)
        changed = [plan for plan in plans if plan.has_changes()]
        self._unchanged = {id(plan) for plan in plans}.difference(map(id, changed))
        ready = [plan for plan in changed if plan.is_ready()]
        self._create_categories(changed)
        self._collections = {pk for plan in changed for pk in plan.collections}
        missing = _missing_collections(changed)
        self._collections |= self._definitions.create_undefined_collections(missing)
        written = self._write_all([plan.record for plan in changed], ready)
        return [*written, *(plan for plan in plans if id(plan) in self._unchanged)]

    def _write_all(
        self, records: Sequence[ProductRecord], ready: Sequence[Plan] = (), *, again: bool = False
    ) -> list[Plan]:
        """Write products in one transaction. Of new ones the plans may be ``ready``.

        If a concurrent write violates a constraint, bisection finds the products in conflict. A
        single product is tried once more, because the other transaction has committed by then.
        """
        if not records:
            return []
        try:
            return write(
                self._planning(records, ready),
                reason=f"Import {self._source.name}",
                actor=self._options.actor,
                collections=self._collections,
            )
        except IntegrityError as error:
            if len(records) > 1:
                half = len(records) // 2
                return self._write_all(records[:half]) + self._write_all(records[half:])
            if not again:
                return self._write_all(records, again=True)
            reason = _reason(error)
        records[0].errors.append(records[0].row.error("slug", reason))
        return []

    def _planning(
        self, records: Sequence[ProductRecord], ready: Sequence[Plan]
    ) -> Callable[[], list[Plan]]:
        """Return the function that plans records in a transaction, which may be repeated.

        The plans are in the order of the records, so that new products get ascending ids. There is
        nothing to lock for a new product, so its plan is used, once: the constraints find what
        others have written since.
        """
        once = [list(ready)]

        def plan_all() -> list[Plan]:
            plans = once.pop() if once else []
            planned = {id(plan.record) for plan in plans}
            others = [record for record in records if id(record) not in planned]
            if not others:
                return plans
            plans += self._plan(others, lock=True)
            by_record = {id(plan.record): plan for plan in plans}
            return [by_record[id(record)] for record in records if id(record) in by_record]

        return plan_all

    def _plan(self, records: Sequence[ProductRecord], *, lock: bool) -> list[Plan]:
        """Plan products. Without ``lock`` it is preliminary and needs no transaction."""
        existing = read_existing(records, self._names, lock=lock)
        existing.attributes = {**self._definitions.attributes, **existing.attributes}
        existing.tax_classes |= self._definitions.tax_classes
        planner = Planner(
            existing,
            self._counts.reading.not_read,
            keep_stock=self._options.keep_stock,
            preliminary=not lock,
        )
        plans = [planner.plan(record) for record in records]
        return [plan for plan in plans if plan is not None]

    def _create_categories(self, plans: Sequence[Plan]) -> None:
        """Create missing categories before the products that need them."""
        for reference in _missing_categories(plans):
            self._definitions.create_undefined_category(reference)


@transactional
def write(
    plan_all: Callable[[], list[Plan]],
    *,
    reason: str,
    actor: AbstractUser | None,
    collections: Collection[int],
) -> list[Plan]:
    """Execute and return the plans of ``plan_all``, which locks the rows that it reads.

    ``collections`` are the ids of those that products are added to, and are locked first. Raises
    IntegrityError if a concurrent transaction took a slug or a SKU. Nothing is written then.
    """
    lock_collections(collections)
    plans = plan_all()
    changed = [plan for plan in plans if plan.has_changes()]
    if changed:
        with acting_as("import", user_id=None if actor is None else actor.pk, detail=reason):
            save_families(changed, reason=reason[:REASON_LENGTH], actor=actor)
        add_members([(pk, plan.product.row.pk) for plan in changed for pk in plan.collections])
        rows = [row for plan in changed for row in plan.rows()]
        queue_downloads([image for row in rows for image in row.new_images])
    return plans


def _reason(error: IntegrityError) -> str:
    """Return why a product could not be written, although its plan was right."""
    if isinstance(error.__cause__, SlugTaken):
        return str(error.__cause__)
    return "Another product has the slug, in any language, or a SKU, or the category is gone."


def _missing_categories(plans: Sequence[Plan]) -> list[CategoryReference]:
    """Return the categories that have to be created, each once."""
    references = [plan.record.category for plan in plans if plan.needs_category()]
    return [reference for reference in dict.fromkeys(references) if reference is not None]


def _missing_collections(plans: Sequence[Plan]) -> list[CategoryReference]:
    """Return the collections that have to be created, each once."""
    return list(dict.fromkeys(r for plan in plans for r in plan.missing_collections))


def _refused(record: ProductRecord) -> Result:
    variants = {Outcome.REFUSED: len(record.variants)}
    title, errors = record.title(), record.errors
    return Result(
        title, Outcome.REFUSED, errors=errors, warnings=record.warnings, variants=variants
    )


def _unchanged(plan: Plan) -> Result:
    variants = {Outcome.UNCHANGED: len(plan.variants)} if plan.variants else {}
    warnings = plan.record.warnings
    title = plan.record.title()
    return Result(title, Outcome.UNCHANGED, [], warnings=warnings, variants=variants)


def _result(plan: Plan) -> Result:
    warnings, is_sold_out = plan.record.warnings, plan.sells_out()
    if plan.is_new:
        variants = f", {len(plan.variants)} variants" if plan.variants else ""
        product = plan.product.row
        title, outcome = product.slug, Outcome.CREATED
        changes = [f"{product.name}, {product.price}{variants}"]
    else:
        title, changes = plan.record.title(), plan.descriptions()
        outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Result(
        title,
        outcome,
        changes,
        warnings=warnings,
        variants=_outcomes_of_variants(plan),
        is_sold_out=is_sold_out,
        new_images=sum(bool(image.source_url) for row in plan.rows() for image in row.new_images),
    )


def _outcomes_of_variants(plan: Plan) -> Counter[Outcome]:
    """Count the variants that the file creates, changes or leaves as they are."""
    changed = plan.changed_variants()
    return Counter(
        Outcome.CREATED
        if row.before is None
        else Outcome.CHANGED
        if id(row) in changed
        else Outcome.UNCHANGED
        for row in plan.variants
    )


def _batches(records: Iterator[Record], size: int) -> Iterator[list[ProductRecord] | Definition]:
    """Yield products in batches of about ``size`` rows, and each definition by itself."""
    batch: list[ProductRecord] = []
    rows = 0
    for record in records:
        is_product = isinstance(record, ProductRecord)
        if batch and (rows >= size or not is_product):
            yield batch
            batch, rows = [], 0
        if isinstance(record, ProductRecord):
            batch.append(record)
            rows += 1 + len(record.variants)
        else:
            yield record
    if batch:
        yield batch
