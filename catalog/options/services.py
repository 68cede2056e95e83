"""Derives the option sets of products from their variants.

Every write of variants does it in its own transaction. The worker does it again for products that a
previous release has written.
"""

import json
from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce

from catalog import revision
from catalog.limits import OPTION_LENGTH
from catalog.options.models import OptionSet, OptionSetValue, ProductOptionSet
from catalog.products.models import Product
from catalog.progress import follow_changes
from shop.core.slugs import fold_name
from shop.core.transactions import transactional

_JOB = "option_sets"
_BATCH = 500
Content = tuple[list[str], list[list[str]]]
"""The names of options, and the values of each variant."""


def fold_option(text: object) -> str:
    """Return the name or the value of an option in the form in which they are compared."""
    return fold_name(str(text))[:OPTION_LENGTH]


def fold_options(values: Iterable[object]) -> tuple[str, ...]:
    """Return option values in the form in which they are compared."""
    return tuple(map(fold_option, values))


def write_option_sets(product_ids: Collection[int]) -> int:
    """Derive the option sets of products, and return how many changed.

    Needs a transaction that has locked the products, and that bumps the revision afterwards.
    """
    contents = _read_contents(product_ids)
    sets = _find_or_create(contents.values())
    wanted = {pk: sets[_digest(content)] for pk, content in contents.items()}
    rows = ProductOptionSet.objects.filter(product_id__in=product_ids)
    present = dict(rows.values_list("product_id", "option_set_id"))
    obsolete = present.keys() - wanted.keys()
    if obsolete:
        rows.filter(product_id__in=obsolete).delete()
    changed = {pk: found for pk, found in wanted.items() if present.get(pk) != found}
    ProductOptionSet.objects.bulk_create(
        (ProductOptionSet(product_id=pk, option_set_id=found) for pk, found in changed.items()),
        update_conflicts=True,
        unique_fields=["product"],
        update_fields=["option_set"],
    )
    return len(changed) + len(obsolete)


def follow_variants() -> int:
    """Derive the option sets of products whose variants a previous release may have changed.

    Returns the number of products whose set changed. Each batch is a transaction.
    """
    return follow_changes(_JOB, _changed_after, _write_batch)


def _changed_after(number: int, after: int) -> list[int]:
    """Return the next products with variants: without a set, or changed since a revision."""
    family = Coalesce("parent_id", "pk")
    changed = Product.objects.filter(changed_in__gt=number).values_list(family)
    products = Product.objects.filter(pk__gt=after, has_variants=True).order_by("pk")
    variants = Product.objects.not_archived().filter(parent_id=OuterRef("pk"))
    unknown = products.filter(Exists(variants), option_set=None)
    known = products.filter(pk__in=changed) if number else products.none()
    pks = {*known.values_list("pk", flat=True)[:_BATCH]}
    return sorted({*pks, *unknown.values_list("pk", flat=True)[:_BATCH]})[:_BATCH]


@transactional
def _write_batch(pks: list[int]) -> int:
    Product.objects.lock_all(pks)
    changed = write_option_sets(pks)
    if changed:
        revision.bump()
    return changed


def _read_contents(product_ids: Collection[int]) -> dict[int, Content]:
    """Return the names of options and the values of variants, by the ids of the products."""
    variants = Product.objects.not_archived().filter(parent_id__in=product_ids).order_by("pk")
    contents: dict[int, Content] = {}
    for pk, names, values in variants.values_list("parent_id", F("parent__options"), F("options")):
        contents.setdefault(pk, (names, []))[1].append(values)
    for _, values in contents.values():
        values.sort()
    return contents


def _find_or_create(contents: Iterable[Content]) -> dict[str, int]:
    """Return the ids of option sets by their digests."""
    by_digest = {_digest(content): content for content in contents}
    sets = OptionSet.objects.filter(digest__in=by_digest).values_list("digest", "pk")
    found = dict(sets)
    missing = sorted(by_digest.keys() - found.keys())
    if not missing:
        return found
    OptionSet.objects.bulk_create(
        (
            OptionSet(digest=digest, options=by_digest[digest][0], variants=by_digest[digest][1])
            for digest in missing
        ),
        ignore_conflicts=True,
    )
    found = dict(sets.all())
    OptionSetValue.objects.bulk_create(
        (row for digest in missing for row in _values(found[digest], by_digest[digest])),
        ignore_conflicts=True,
        batch_size=5000,
    )
    return found


def _values(option_set_id: int, content: Content) -> Iterable[OptionSetValue]:
    names, variants = content
    for variant, values in enumerate(variants):
        for name, value in zip(names, values, strict=False):
            yield OptionSetValue(
                option_set_id=option_set_id,
                variant=variant,
                name=fold_option(name),
                value=fold_option(value),
            )


def _digest(content: Any) -> str:
    return sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()
