"""Products in another language than the shop's own."""

from collections.abc import Iterable, Sequence
from typing import Any

from catalog.images.reads import alts_in
from catalog.options.texts import OWN_TEXTS, CatalogTexts
from catalog.products.reads import DetailedProduct, ListedProduct, ProductCategory
from catalog.products.writes import variant_name
from catalog.translations.reads import Found, TranslatedTexts, read_texts
from shop.core.language_codes import is_translated


def translate(
    products: Sequence[ListedProduct],
    language: str,
    categories: Iterable[dict[str, Any]] = (),
    variants: Iterable[ListedProduct] = (),
) -> None:
    """Replace the texts of products by those in a language, where there are any.

    ``categories`` are further bodies of categories to translate, with id, name and slug, and
    ``variants`` further products whose images to translate. One statement; none in the language of
    the shop itself.
    """
    if not is_translated(language):
        return
    bodies = [*categories, *(row for product in products for row in _category_rows(product))]
    of_products = [product.category for product in products if product.category is not None]
    images = [row for product in (*products, *variants) for row in product.image_rows]
    found = read_texts(
        language,
        {product.parent_id or product.pk for product in products},
        {*(body["id"] for body in bodies), *(category.id for category in of_products)},
        alts_in(language, {row["id"] for row in images}),
    )
    found.translate_images(images)
    for body in bodies:
        if texts := found.categories.get(body["id"]):
            body |= {"name": texts.name or body["name"], "slug": texts.slug or body["slug"]}
    for product in products:
        _translate(product, found)


def _translate(product: ListedProduct, found: Found) -> None:
    if product.category is not None and product.category.id in found.categories:
        product.category = _translated_category(product.category, found)
    texts = found.products.get(product.parent_id or product.pk)
    if texts is None:
        return
    if isinstance(product, DetailedProduct):
        product.page_slug = texts.slug or product.page_slug
    if product.parent_id is None:
        _translate_texts(product, texts)
    elif texts.name:
        product.name = variant_name(texts.name, product.options)


def _translate_texts(product: ListedProduct, texts: TranslatedTexts) -> None:
    product.name = texts.name or product.name
    product.slug = texts.slug or product.slug
    if texts.description:
        product.description = texts.description
        product.description_text = texts.description_text or None
    if isinstance(product, DetailedProduct):
        product.seo_title = texts.seo_title or product.seo_title
        product.seo_description = texts.seo_description or product.seo_description


def _translated_category(category: ProductCategory, found: Found) -> ProductCategory:
    texts = found.categories[category.id]
    return ProductCategory(
        category.id,
        texts.name or category.name,
        texts.slug or category.slug,
        category.is_published,
    )


def _category_rows(product: ListedProduct) -> list[dict[str, Any]]:
    return product.category_rows if isinstance(product, DetailedProduct) else []


def translate_names(body: dict[str, Any], texts: CatalogTexts) -> None:
    """Translate the attributes, options and option values in the response body of a product."""
    if texts is OWN_TEXTS:
        return
    for attribute in body["attributes"]:
        attribute["value"] = texts.choice(attribute["slug"], attribute["value"])
        attribute["name"] = texts.attribute(attribute["slug"], attribute["name"])
    for option in body["options"]:
        option["values"] = [texts.value(option["name"], value) for value in option["values"]]
        option["name"] = texts.option(option["name"])
    for each in (body, *body["variants"]):
        each["choice"] = texts.choices_of(each["choice"])
