"""The counts of an import, apart for products, variants, categories, attributes and tax classes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.exchange.imports.reading import Reading
from catalog.exchange.imports.rows import Kind, RowError

_EXAMPLES = 20
_PLURALS = {
    Kind.PRODUCT: "products",
    Kind.VARIANT: "variants",
    Kind.CATEGORY: "categories",
    Kind.ATTRIBUTE: "attributes",
    Kind.TAX_CLASS: "tax classes",
    Kind.COLLECTION: "collections",
    Kind.OPTION: "options",
}


class Outcome(StrEnum):
    """The outcome of the import of a product, a category or an attribute."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """The result of the import of a product, a category or an attribute, or of its dry run."""

    title: str
    outcome: Outcome
    changes: Sequence[str] = ()
    errors: Sequence[RowError] = ()
    warnings: Sequence[RowError] = ()
    kind: Kind = Kind.PRODUCT
    variants: Mapping[Outcome, int] = field(default_factory=dict)
    """The number of a product's variants by their outcome."""
    is_sold_out: bool = False
    """Whether the import sets the stock of a product, or of all its variants, to 0."""
    new_images: int = 0
    """The images that the worker will download."""


@dataclass(slots=True)
class Counts:
    """The number of results by outcome, and what else people should know.

    ``of`` counts what the file defines: products, categories, attributes and tax classes.
    ``by_kind`` counts each of them apart, with variants and the categories that were missing.
    """

    of: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    by_kind: dict[Kind, Counter[Outcome]] = field(
        default_factory=lambda: {kind: Counter() for kind in _PLURALS}
    )
    is_dry_run: bool = False
    sold_out: list[str] = field(default_factory=list)
    """The titles of the first products that are sold out after the import."""
    number_sold_out: int = 0
    new_images: int = 0
    reading: Reading = field(default_factory=Reading)

    def add(self, result: Result) -> None:
        """Count a result."""
        self.of[result.outcome] += 1
        self.by_kind[result.kind][result.outcome] += 1
        self.by_kind[Kind.VARIANT].update(result.variants)
        self.number_sold_out += result.is_sold_out
        self.new_images += result.new_images
        if result.is_sold_out and len(self.sold_out) < _EXAMPLES:
            self.sold_out.append(result.title)

    def add_categories(self, number: int) -> None:
        """Count categories that products need although the file does not define them."""
        self.by_kind[Kind.CATEGORY][Outcome.CREATED] += number

    def add_collections(self, number: int) -> None:
        """Count collections that products need although the file does not define them."""
        self.by_kind[Kind.COLLECTION][Outcome.CREATED] += number

    def notices(self) -> list[str]:
        """Return sentences about columns that were not read, and products that are sold out."""
        lines = self.reading.notices()
        if self.number_sold_out:
            more = self.number_sold_out - len(self.sold_out)
            titles = ", ".join(self.sold_out) + (f" and {more:,} more" if more else "")
            number = f"{self.number_sold_out:,} of {self.by_kind[Kind.PRODUCT].total():,}"
            verb = "will be" if self.is_dry_run else "are"
            lines.append(f"{number} {verb} sold out: {titles}")
        return lines

    def __str__(self) -> str:
        products = _list(self.by_kind[Kind.PRODUCT], Outcome)
        others = [
            f"{_PLURALS[kind]}: {_list(outcomes, [o for o in Outcome if outcomes[o]])}"
            for kind, outcomes in self.by_kind.items()
            if kind != Kind.PRODUCT and outcomes.total()
        ]
        return "; ".join([f"products: {products}", *others]) if others else products


def _list(outcomes: Counter[Outcome], shown: Iterable[Outcome]) -> str:
    return ", ".join(f"{outcomes[outcome]:,} {outcome}" for outcome in shown)
