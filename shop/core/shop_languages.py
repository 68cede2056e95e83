"""The language of the shop's texts in a response: names and descriptions of products, and so on.

``language_codes`` has the languages of the shop. ``languages`` is about errors and the admin
instead, which are translated by the code.
"""

from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import trans_real
from rest_framework.request import Request

from shop.core.errors import InvalidField
from shop.core.language_codes import (
    PATTERN,
    further_languages,
    languages_of_buyers,
    own_language,
    shop_languages,
)
from shop.core.query import Parameter

R = TypeVar("R", bound=HttpResponseBase)


def choose_shop_language(accept: str) -> str:
    """Return the language of the shop that an Accept-Language header prefers, or its own.

    ``de-AT`` also means ``de``, and ``pt`` also ``pt-br``.
    """
    if not further_languages():
        return own_language()
    return _choose(accept.lower(), tuple(shop_languages()))


def choose_buyer_language(accept: str) -> str:
    """Return the language that an Accept-Language header prefers among those that buyers choose.

    It is empty if the header prefers none of them.
    """
    return _choose(accept.lower(), ("", *languages_of_buyers()))


def read_shop_language(text: str) -> str:
    """Return the code of a language of the shop. Raises ValueError with a sentence for others."""
    code = text.lower()
    if code not in settings.SHOP_LANGUAGES:
        known = ", ".join(settings.SHOP_LANGUAGES)
        raise ValueError(_("The languages of the shop are: {known}.").format(known=known))
    return code


LANGUAGE = Parameter(
    "lang",
    {"type": "string", "pattern": PATTERN},
    "A language of the shop, such as `de`. The default is the one that `Accept-Language` prefers, "
    "and for staff that of the shop's own texts. What is not translated is in that language, too.",
    read=read_shop_language,
)
"""The query parameter of operations whose responses have texts of the shop."""


def shop_language_of(request: Request) -> str:
    """Return the language of the shop's texts in a response: ``?lang=``, or the negotiated one.

    Without Accept-Language it is that of the buyer's account. Staff get the shop's own texts unless
    they ask for others, because they may send them back as changes.

    Raises InvalidField (400) for an unknown ``?lang=``.
    """
    if (chosen := request.query_params.get("lang")) is not None:
        try:
            return read_shop_language(chosen)
        except ValueError as error:
            raise InvalidField(field="lang", reason=str(error)) from None
    if not further_languages() or request.user.is_staff:
        return own_language()
    if (accept := request.META.get("HTTP_ACCEPT_LANGUAGE")) is None:
        preferred: str = getattr(request.user, "language", "")
        return preferred if preferred in settings.SHOP_LANGUAGES else own_language()
    return choose_shop_language(accept)


def language_before_reading(request: HttpRequest) -> str:
    """Return what ``shop_language_of`` returns for an anonymous request with a valid query."""
    meta = request.META
    if not further_languages():
        return own_language()
    if "lang=" in meta["QUERY_STRING"] and (chosen := request.GET.get("lang")) is not None:
        return chosen.lower()
    return choose_shop_language(meta.get("HTTP_ACCEPT_LANGUAGE", ""))


def declare(response: R, request: HttpRequest | Request, language: str | None) -> R:
    """Say in the headers which language the texts of the shop have, and if it was negotiated.

    Nothing is said in a shop with one language, or without a ``language``.
    """
    if language is not None and further_languages():
        response["Content-Language"] = language
        if "lang" not in request.GET:
            patch_vary_headers(response, ("Accept-Language",))
    return response


@lru_cache(maxsize=256)
def _choose(accept: str, languages: tuple[str, ...]) -> str:
    for code, weight in trans_real.parse_accept_lang_header(accept):
        if code == "*" or not weight:
            break
        if (found := _best(code, languages)) is not None:
            return found
    return languages[0]


def _best(code: str, languages: tuple[str, ...]) -> str | None:
    """Return the language that a code means: itself, a more general one, or a variant."""
    parts = code.split("-")
    for length in range(len(parts), 0, -1):
        general = "-".join(parts[:length])
        if general in languages:
            return general
    return next((other for other in languages if other.split("-")[0] == parts[0]), None)
