"""Fills a migrated database with the catalog, and sends the queries to it."""

import sys
import time
from collections import defaultdict
from statistics import quantiles

import orjson
from django.db import connection
from django.test import Client

from bench.search.catalog import Entry, Judgement, generate, read_judgements
from catalog import services
from catalog.models import Product, ProductAttribute

_FIRST = 5


def run(size: int, *, show_misses: bool) -> str:
    """Return the figures of a catalog of ``size`` products."""
    start = time.perf_counter()
    _fill(generate(size))
    sys.stdout.write(f"{size:,} products, loaded in {time.perf_counter() - start:.0f} s\n")
    client = Client()
    judgements = read_judgements()
    for judgement in judgements[:10]:
        _search(client, judgement)
    results = [(judgement, *_search(client, judgement)) for judgement in judgements]
    return _report(results, show_misses=show_misses)


def _report(results: list[tuple[Judgement, int | None, float]], *, show_misses: bool) -> str:
    """Return a table: the share of queries with the product first, in five, and without any."""
    by_kind = defaultdict(list)
    for judgement, place, _ in results:
        by_kind[judgement.kind].append(place)
        by_kind["all"].append(place)
    lines = [f"{'kind':12} {'queries':>7} {'first':>6} {'in 5':>6} {'none':>6}"]
    for kind, places in sorted(by_kind.items(), key=lambda item: item[0] == "all"):
        first = sum(place == 1 for place in places) / len(places)
        five = sum(1 <= (place or 0) <= _FIRST for place in places) / len(places)
        none = sum(place is None for place in places) / len(places)
        lines.append(f"{kind:12} {len(places):7} {first:6.0%} {five:6.0%} {none:6.0%}")
    times = quantiles([1000 * seconds for *_, seconds in results], n=20)
    lines.append(f"p50 {times[9]:.1f} ms, p95 {times[18]:.1f} ms")
    if show_misses:
        lines += [f"{j.kind}: {j.query} → {place}" for j, place, _ in results if place != 1]
    return "\n".join(lines) + "\n"


def _search(client: Client, judgement: Judgement) -> tuple[int | None, float]:
    """Return the place of the product, 0 if others were found and None if none, and the time."""
    start = time.perf_counter()
    response = client.get("/api/products/", {"search": judgement.query})
    seconds = time.perf_counter() - start
    if response.status_code != 200:
        raise RuntimeError(f"{judgement.query}: {response.content!r}")
    slugs = [product["slug"] for product in orjson.loads(response.content)["products"]]
    places = [place for place, slug in enumerate(slugs, 1) if slug in judgement.keys]
    return (places[0] if places else 0) if slugs else None, seconds


def _fill(entries: list[Entry]) -> None:
    """Insert the products as an import does, and index them."""
    attributes = {
        name: services.create_attribute(name=name.title(), slug=name, kind="text")
        for name in ("material", "colour")
    }
    categories = {
        name: services.create_category(name=name, slug=f"category-{number}")
        for number, name in enumerate(sorted({entry.category for entry in entries}))
    }
    rows = [
        Product(
            slug=entry.key,
            name=entry.name,
            brand=entry.brand,
            category=categories[entry.category],
            sku=entry.sku,
            keywords=" ".join((entry.brand, *entry.tags, entry.sku)),
            price=10,
            stock=10,
            sold=entry.sold,
            description=entry.description,
        )
        for entry in entries
    ]
    Product.objects.bulk_create(rows, batch_size=1000)
    ProductAttribute.objects.bulk_create(
        (
            ProductAttribute(product=row, attribute=attributes[name], text=value)
            for row, entry in zip(rows, entries, strict=True)
            for name, value in entry.attributes.items()
        ),
        batch_size=1000,
    )
    services.index_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
