"""The sitemap: an index, and files with the addresses of products, categories and collections.

It contains what everyone may see. A file of products covers a range of ids, so that it is read by
its index, however large the catalog is, and keeps its address when other products change.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from catalog.categories.models import Category
from catalog.collections.models import Collection
from catalog.feeds.xml import HEADER, element
from catalog.products.models import Product, ProductQuerySet
from shop.core.pages import page_url

IDS = 10_000
"""Ids of one file. A file may have 50,000 addresses and 50 MiB, and an address three kilobytes."""
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
Page = tuple[str, int, datetime | None]
"""Slug and id of what a page is about, and when it changed last."""


def index(origin: str) -> str:
    """Return the index of all files. A statement for each file of products, and two more."""
    files = [f"{origin}/sitemap-{name}.xml" for name in _names()]
    found = "".join(f"<sitemap>{element('loc', url)}</sitemap>" for url in files)
    return f"{HEADER}<sitemapindex {_NAMESPACE}>{found}</sitemapindex>"


def products(number: int, origin: str) -> str:
    """Return the file of the products with ids of one range, an empty text if there are none."""
    rows = _products().filter(pk__gt=(number - 1) * IDS, pk__lte=number * IDS)
    return _file("product", rows.order_by("pk").values_list("slug", "pk", "updated_at"), origin)


def categories(number: int, origin: str) -> str:
    """Return the file of some categories, an empty text if there are none."""
    rows = Category.objects.visible_to(AnonymousUser()).order_by("pk")
    return _file("category", _part(rows.values_list("slug", "pk"), number), origin)


def collections(number: int, origin: str) -> str:
    """Return the file of some collections, an empty text if there are none."""
    rows = Collection.objects.visible_to(AnonymousUser()).order_by("pk")
    return _file("collection", _part(rows.values_list("slug", "pk"), number), origin)


FILES = {"products": products, "categories": categories, "collections": collections}
"""What makes the files with a number, by the first part of their names."""


def _names() -> Iterator[str]:
    after = 0
    while first := _products().filter(pk__gt=after).order_by("pk").values_list("pk").first():
        number = (first[0] - 1) // IDS + 1
        yield f"products-{number}"
        after = number * IDS
    for name, rows in (("categories", Category.objects), ("collections", Collection.objects)):
        count = rows.visible_to(AnonymousUser()).count()
        yield from (f"{name}-{number}" for number in range(1, -(-count // IDS) + 1))


def _products() -> ProductQuerySet:
    return Product.objects.for_sale().listed().exclude(slug="")


def _part(rows: "Iterable[tuple[str, int]]", number: int) -> Iterator[Page]:
    part = rows[(number - 1) * IDS : number * IDS]  # type: ignore[index] # a queryset
    yield from ((slug, pk, None) for slug, pk in part)


def _file(kind: str, pages: Iterable[Page], origin: str) -> str:
    template = settings.STOREFRONT_PAGES[kind]
    found = "".join(
        f"<url>{element('loc', page_url(template, origin=origin, slug=slug, pk=pk))}"
        f"{element('lastmod', changed.isoformat(timespec='seconds')) if changed else ''}</url>"
        for slug, pk, changed in pages
    )
    return found and f"{HEADER}<urlset {_NAMESPACE}>{found}</urlset>"
