"""Reads of the alternative texts of images in a further language of the shop."""

from collections.abc import Collection
from typing import Any

from django.db.models import CharField, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from catalog.images.models import ProductImage

_OTHERS = ("slug", "seo_title", "seo_description", "description", "description_text")


def alts_in(language: str, image_ids: Collection[int]) -> QuerySet[ProductImage, Any]:
    """Return rows for ``catalog.translations.reads.read_texts``, with the alternative text as name.

    An image without a translation has none.
    """
    images = ProductImage.objects.filter(pk__in=image_ids, translations__has_key=language)
    alt = Cast(KT(f"translations__{language}__alt"), TextField())
    nothing = Value("", TextField())
    return images.order_by().values_list(
        Value("image", CharField()), "pk", Coalesce(alt, nothing), *(nothing for _ in _OTHERS)
    )
