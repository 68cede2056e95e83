"""Carts in a language of the shop: names, slugs and options of the products in them."""

from collections.abc import Sequence

from django.conf import settings

from cart.columns import CartItemRow
from cart.guests import Buyer
from catalog.images.reads import alts_in
from catalog.options.texts import OWN_TEXTS, CatalogTexts, texts_in
from catalog.products.writes import variant_name
from catalog.translations.reads import TranslatedTexts, read_texts
from shop.core.language_codes import is_translated


def language_of_order(buyer: Buyer, chosen: str) -> str:
    """Return the language of an order: the one that its cart has, else that of the request."""
    return chosen if chosen in settings.SHOP_LANGUAGES else buyer.language


def in_language(items: Sequence[CartItemRow], language: str) -> tuple[CartItemRow, ...]:
    """Return the items of a cart with their texts in a language.

    One statement, and one more if there are options; none for the shop's own language.
    """
    if not items or not language or not is_translated(language):
        return tuple(items)
    found = read_texts(
        language,
        {item.parent_id or item.product_id for item in items},
        images=alts_in(language, {item.image["id"] for item in items if item.image}),
    )
    found.translate_images(item.image for item in items if item.image)
    has_options = any(item.options for item in items)
    names = texts_in(language, None) if has_options else OWN_TEXTS
    return tuple(
        _translated(item, found.products.get(item.parent_id or item.product_id), names)
        for item in items
    )


def _translated(
    item: CartItemRow, texts: TranslatedTexts | None, names: CatalogTexts
) -> CartItemRow:
    options = names.choices_of(item.options)
    if texts is None:
        return item._replace(options=options)
    name = texts.name or item.name
    if texts.name and item.parent_id:
        name = variant_name(texts.name, list(options.values()))
    return item._replace(name=name, slug=texts.slug or item.slug, options=options)
