"""An import from its file to its last batch.

Batches are short transactions, so that no shopper waits for one: a row is locked for as long as
some hundred rows take to write. What is in the shop already is found again, so that an import that
broke off is simply run once more.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError

from catalog.errors import SlugTaken
from catalog.exchange.imports.definitions import Definitions
from catalog.exchange.imports.duplicates import FileKeys
from catalog.exchange.imports.existing import read_existing
from catalog.exchange.imports.files import Source, read
from catalog.exchange.imports.planner import Planner
from catalog.exchange.imports.plans import Plan
from catalog.exchange.imports.records import ProductRecord, Record, category_slug, gather
from catalog.exchange.imports.rows import Fault, FileRefused
from catalog.limits import REASON_LENGTH
from catalog.products.writes import save_families
from shop.core.transactions import transactional

BATCH = 100
"""Products and variants in one transaction, beside those of the last product."""


class Outcome(StrEnum):
    """What became of a product, a category or an attribute."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became, or would become, of one; ``changes`` and ``faults`` are for people."""

    title: str
    outcome: Outcome
    changes: Sequence[str] = ()
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to import. ``keep_stock`` leaves the stock of what is there alone."""

    dry_run: bool = False
    strict: bool = False
    keep_stock: bool = False
    batch: int = BATCH
    actor: AbstractUser | None = None


class StrictRefused(Exception):
    """A strict import found faults, and wrote nothing."""


@dataclass(slots=True)
class Counts:
    """How many of each outcome."""

    of: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))

    def __str__(self) -> str:
        return ", ".join(f"{number} {outcome}" for outcome, number in self.of.items())


def import_products(source: Source, wishes: Wishes, tell: Callable[[Result], None]) -> Counts:
    """Import a file, and ``tell`` what becomes of each product.

    A product with a fault is left alone whole, and the others are imported. A strict import looks
    the whole file through first and raises StrictRefused, nothing written, if there is a fault.
    Raises FileRefused where the file cannot be read to its end; what came before is imported.
    """
    if wishes.strict and not wishes.dry_run:
        rehearsal = Wishes(dry_run=True, keep_stock=wishes.keep_stock, batch=wishes.batch)
        refused = [0]

        def listen(result: Result) -> None:
            if result.outcome == Outcome.REFUSED:
                refused[0] += 1
                tell(result)

        _count(_Run(source, rehearsal).results(), listen)
        if refused[0]:
            raise StrictRefused(f"{refused[0]} refused, so nothing was changed")
    return _count(_Run(source, wishes).results(), tell)


def _count(results: Iterator[Result], tell: Callable[[Result], None]) -> Counts:
    counts = Counts()
    for result in results:
        counts.of[result.outcome] += 1
        tell(result)
    return counts


class _Run:
    """One reading of a file."""

    def __init__(self, source: Source, wishes: Wishes) -> None:
        self._source, self._wishes = source, wishes
        self._definitions = Definitions(dry_run=wishes.dry_run)

    def results(self) -> Iterator[Result]:
        """Import, and yield what became of each. Raises FileRefused."""
        broken: list[FileRefused] = []
        with FileKeys() as keys:
            for batch in _batches(self._records(broken), self._wishes.batch):
                if not isinstance(batch[0], ProductRecord):
                    yield self._define(batch[0])
                    continue
                products = [record for record in batch if isinstance(record, ProductRecord)]
                for record in products:
                    keys.check(record)
                yield from self._import(products)
        if broken:
            raise broken[0]

    def _records(self, broken: list[FileRefused]) -> Iterator[Record]:
        """Yield records, but for the one that the file breaks off in."""
        try:
            yield from gather(read(self._source))
        except FileRefused as refusal:
            broken.append(refusal)

    def _define(self, record: Record) -> Result:
        if isinstance(record, ProductRecord):
            raise TypeError("a product is planned with its batch")
        new = self._definitions.define(record)
        title = f"{record.row.kind} {record.values.get('slug', '')}"
        if record.faults:
            return Result(title, Outcome.REFUSED, faults=record.faults)
        outcomes = {True: Outcome.CREATED, False: Outcome.CHANGED, None: Outcome.UNCHANGED}
        return Result(title, outcomes[new])

    def _import(self, records: Sequence[ProductRecord]) -> Iterator[Result]:
        good = [record for record in records if not record.faults]
        plans = self._rehearse(good) if self._wishes.dry_run else self._write(good)
        planned = {id(plan.record): plan for plan in plans}
        for record in records:
            plan = planned.get(id(record))
            if plan is None:
                yield Result(record.title(), Outcome.REFUSED, faults=record.faults)
            else:
                yield _result(plan)

    def _rehearse(self, records: Sequence[ProductRecord]) -> list[Plan]:
        """Plan without a lock, and without a transaction, which on SQLite would be one."""
        return self._plan(records, lock=False, rehearsal=True)

    def _write(self, records: Sequence[ProductRecord]) -> list[Plan]:
        """Write a batch, locking what changes alone."""
        plans = self._rehearse(records)
        todo = [plan for plan in plans if plan.does_something()]
        self._make_categories(todo)
        done = self._write_all([plan.record for plan in todo])
        return [*done, *(plan for plan in plans if not plan.does_something())]

    def _write_all(self, records: Sequence[ProductRecord], *, again: bool = False) -> list[Plan]:
        """Write products; which of them another writer is in the way of is found by halving.

        One alone is tried ``again``: what was in its way has been committed by then.
        """
        if not records:
            return []
        try:
            return write(
                lambda: self._plan(records, lock=True),
                reason=f"Import {self._source.name}",
                actor=self._wishes.actor,
            )
        except IntegrityError:
            if len(records) > 1:
                half = len(records) // 2
                return self._write_all(records[:half]) + self._write_all(records[half:])
            if not again:
                return self._write_all(records, again=True)
        reason = "Its slug or a SKU came into use this very moment, or its category went."
        records[0].faults.append(records[0].row.fault("slug", reason))
        return []

    def _plan(
        self, records: Sequence[ProductRecord], *, lock: bool, rehearsal: bool = False
    ) -> list[Plan]:
        existing = read_existing(records, lock=lock)
        existing.attributes = {**self._definitions.attributes, **existing.attributes}
        planner = Planner(existing, keep_stock=self._wishes.keep_stock, rehearsal=rehearsal)
        plans = [planner.plan(record) for record in records]
        return [plan for plan in plans if plan is not None]

    def _make_categories(self, plans: Sequence[Plan]) -> None:
        """Make the categories that the shop lacks, before the batch that needs them."""
        new = [plan.record.category or "" for plan in plans if plan.needs_category()]
        for name in {category_slug(name): name for name in reversed(new)}.values():
            with suppress(SlugTaken):  # someone made it this very moment
                self._definitions.make_category(name)


@transactional
def write(
    plan_all: Callable[[], list[Plan]], *, reason: str, actor: AbstractUser | None
) -> list[Plan]:
    """Do what ``plan_all`` plans, with the rows locked that it reads; return the plans.

    Raises IntegrityError where a slug or a SKU was taken meanwhile; then nothing is written.
    """
    plans = plan_all()
    todo = [plan for plan in plans if plan.does_something()]
    if todo:
        save_families(todo, reason=reason[:REASON_LENGTH], actor=actor)
    return plans


def _result(plan: Plan) -> Result:
    if plan.is_new:
        variants = f", {len(plan.variants)} variants" if plan.variants else ""
        said = [f"{plan.product.row.name}, {plan.product.row.price}{variants}"]
        return Result(plan.product.row.slug, Outcome.CREATED, said)
    changes = plan.descriptions()
    outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Result(plan.record.title(), outcome, changes)


def _batches(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    """Put products together, some ``size`` rows each; a definition stands alone."""
    batch: list[Record] = []
    rows = 0
    for record in records:
        alone = not isinstance(record, ProductRecord)
        if batch and (alone or rows >= size):
            yield batch
            batch, rows = [], 0
        if isinstance(record, ProductRecord):
            batch.append(record)
            rows += 1 + len(record.variants)
        else:
            yield [record]
    if batch:
        yield batch
