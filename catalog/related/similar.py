"""Products that are similar to others: of the same category, brand and values of attributes."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from catalog.attributes.models import ProductAttribute
from catalog.limits import MAX_RELATED
from catalog.products.models import Product

_CANDIDATES = 40
"""Products of a category or of a brand, the best-selling ones, among which similar ones are."""
_WITH_VALUE = 10
_MAX_REMEMBERED = 500
Trait = tuple[Any, ...]
"""A category or a brand, or an attribute with its value."""
_WEIGHTS = {"category": 2}


class _Candidate(NamedTuple):
    pk: int
    sold: int
    traits: frozenset[Trait]


class SimilarProducts:
    """Finds similar products. Candidates of the last categories and brands are remembered."""

    def __init__(self) -> None:
        """Begin without candidates."""
        self._candidates: dict[Trait, list[_Candidate]] = {}

    def of(self, product_ids: Sequence[int]) -> dict[int, list[int]]:
        """Return products for sale that are similar to these products, the most similar first."""
        return {pk: self._similar(pk, traits) for pk, traits in _read_traits(product_ids).items()}

    def _similar(self, pk: int, traits: frozenset[Trait]) -> list[int]:
        found: dict[int, _Candidate] = {}
        sources = [trait for trait in sorted(traits, key=repr) if trait[0] in {"category", "brand"}]
        for trait in sources or sorted(traits, key=repr):
            found |= {candidate.pk: candidate for candidate in self._with(trait)}
        found.pop(pk, None)
        ranked = sorted(
            (-_score(candidate.traits & traits), -candidate.sold, candidate.pk)
            for candidate in found.values()
        )
        return [other for *_, other in ranked[:MAX_RELATED]]

    def _with(self, trait: Trait) -> list[_Candidate]:
        """Return candidates with a trait. Two statements unless they are remembered."""
        if trait not in self._candidates:
            if len(self._candidates) >= _MAX_REMEMBERED:
                self._candidates.clear()
            self._candidates[trait] = _read_candidates(trait)
        return self._candidates[trait]


def _score(shared: Collection[Trait]) -> int:
    return sum(_WEIGHTS.get(trait[0], 1) for trait in shared)


def _read_candidates(trait: Trait) -> list[_Candidate]:
    kind, *value = trait
    products = Product.objects.for_sale().listed()
    if kind == "attribute":
        attribute, text, number, boolean = value
        rows = ProductAttribute.objects.filter(
            attribute_id=attribute, text=text, number=number, boolean=boolean
        )
        products = products.filter(pk__in=rows.values("product_id")).order_by()[:_WITH_VALUE]
    else:
        products = products.filter(**{f"{kind}": value[0]}).order_by("-sold", "pk")[:_CANDIDATES]
    sold = dict(products.values_list("pk", "sold"))
    traits = _read_traits(list(sold))
    return [_Candidate(pk, sold[pk], own) for pk, own in traits.items()]


def _read_traits(product_ids: Sequence[int]) -> dict[int, frozenset[Trait]]:
    """Return category, brand and values of attributes of products by their ids. Two statements."""
    traits: dict[int, set[Trait]] = {}
    products = Product.objects.filter(pk__in=product_ids).order_by()
    for pk, category, brand in products.values_list("pk", "category_id", "brand"):
        own = traits.setdefault(pk, set())
        if category is not None:
            own.add(("category", category))
        if brand:
            own.add(("brand", brand))
    rows = ProductAttribute.objects.filter(product_id__in=traits)
    for pk, *value in rows.values_list("product_id", "attribute_id", "text", "number", "boolean"):
        traits[pk].add(("attribute", *value))
    return {pk: frozenset(own) for pk, own in traits.items()}
