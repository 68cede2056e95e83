"""The sitemap: an index, and files with the addresses of products, categories and collections.

It contains what everyone may see, in each language that it is translated to. A file of products
covers a range of ids, so that it is read by its index, however large the catalog is, and keeps its
address when other products change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import cast
from xml.sax.saxutils import quoteattr

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from catalog.categories.models import Category
from catalog.collections.models import Collection
from catalog.feeds.xml import HEADER, element
from catalog.products.models import Product, ProductQuerySet
from catalog.translations.services import MODELS, Kind
from shop.core.language_codes import further_languages, own_language, shop_languages
from shop.core.pages import page_url

IDS = 10_000
"""Ids of one file of a shop with one language; see ``_ids``."""
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_LINKS = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'
Page = tuple[str, int, datetime | None]
"""Slug and id of what a page is about, and when it changed last."""


def index(origin: str) -> str:
    """Return the index of all files. A statement for each file of products, and two more."""
    files = [f"{origin}/sitemap-{name}.xml" for name in _names()]
    found = "".join(f"<sitemap>{element('loc', url)}</sitemap>" for url in files)
    return f"{HEADER}<sitemapindex {_NAMESPACE}>{found}</sitemapindex>"


def products(number: int, origin: str) -> str:
    """Return the file of the products with ids of one range, an empty text if there are none."""
    ids = _ids()
    rows = _products().filter(pk__gt=(number - 1) * ids, pk__lte=number * ids)
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
        number = (first[0] - 1) // _ids() + 1
        yield f"products-{number}"
        after = number * _ids()
    for name, rows in (("categories", Category.objects), ("collections", Collection.objects)):
        count = rows.visible_to(AnonymousUser()).count()
        yield from (f"{name}-{number}" for number in range(1, -(-count // _ids()) + 1))


def _products() -> ProductQuerySet:
    return Product.objects.for_sale().listed().exclude(slug="")


def _part(rows: "Iterable[tuple[str, int]]", number: int) -> Iterator[Page]:
    ids = _ids()
    part = rows[(number - 1) * ids : number * ids]  # type: ignore[index] # a queryset
    yield from ((slug, pk, None) for slug, pk in part)


def _ids() -> int:
    """Return the number of ids of one file.

    A file may have 50,000 addresses and 50 MiB. An address may have three kilobytes, and is in the
    entries of all languages of its page.
    """
    return max(1, IDS // len(shop_languages()) ** 2)


def _file(kind: str, pages: Iterable[Page], origin: str) -> str:
    listed = list(pages)
    slugs = _translated_slugs(kind, [pk for _, pk, _ in listed])
    found = "".join(
        _entries(_urls(kind, slug, pk, slugs.get(pk, {}), origin), changed)
        for slug, pk, changed in listed
    )
    namespaces = f"{_NAMESPACE} {_LINKS}" if further_languages() else _NAMESPACE
    return found and f"{HEADER}<urlset {namespaces}>{found}</urlset>"


def _translated_slugs(kind: str, pks: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return slugs by language for ascending ids. One statement; none with one language."""
    languages, model = further_languages(), MODELS.get(cast("Kind", kind))
    if not languages or not pks or model is None:
        return {}
    ids = {f"{kind}_id__gte": pks[0], f"{kind}_id__lte": pks[-1]}
    rows = model.objects.filter(**ids, language__in=languages).order_by("pk")
    found: dict[int, dict[str, str]] = {}
    for pk, language, slug in rows.values_list(f"{kind}_id", "language", "slug"):
        found.setdefault(pk, {})[language] = slug
    return found


def _urls(kind: str, slug: str, pk: int, slugs: Mapping[str, str], origin: str) -> dict[str, str]:
    """Return the address of a page by language: its own one, and those that differ from it."""
    page = partial(page_url, settings.STOREFRONT_PAGES[kind], origin=origin, pk=pk)
    urls = {own_language(): page(slug=slug)}
    for language in (code for code in further_languages() if code in slugs):
        url = page(slug=slugs[language] or slug, language=language)
        if url not in urls.values():
            urls[language] = url
    return urls


def _entries(urls: Mapping[str, str], changed: datetime | None) -> str:
    """Return an entry for each language, which all name those of the other languages."""
    tail = element("lastmod", changed.isoformat(timespec="seconds")) if changed else ""
    if len(urls) > 1:
        tail += "".join(map(_link, urls.items()))
    return "".join(f"<url>{element('loc', url)}{tail}</url>" for url in urls.values())


def _link(item: tuple[str, str]) -> str:
    language, url = item
    return f'<xhtml:link rel="alternate" hreflang="{language}" href={quoteattr(url)}/>'
