"""The language of a response: buyers choose it with ``Accept-Language``, staff with a setting.

For a signed-in buyer without the header it is the language of the account.

Only errors are translated, and the admin. What a success contains does not depend on the language,
so that it can be cached for everyone. Logs and stored texts are English.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import trans_real

from shop.core.handlers import PROBLEM_JSON
from shop.core.idempotency import REPLAYED

DEFAULT = "en"
"""The language of the messages in the code."""
_OTHERS = frozenset(code for code, _ in settings.LANGUAGES) - {DEFAULT}
_PREFERRED = "shop.core.languages.preferred"
"""The member of ``request.META`` with the language of the user."""


@lru_cache(maxsize=128)
def choose_language(accept: str) -> str:
    """Return the language of the shop that an Accept-Language header prefers, or the default.

    A header that is malformed, or names none of the shop's languages, means the default.
    """
    for code, weight in trans_real.parse_accept_lang_header(accept.lower()):
        if code == "*" or not weight:
            break
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return DEFAULT


def language_of(request: HttpRequest) -> str:
    """Return the language of the response: in the admin that of the staff."""
    if request.path_info.startswith("/admin/"):
        return settings.ADMIN_LANGUAGE
    accept = request.META.get("HTTP_ACCEPT_LANGUAGE")
    return choose_language(accept) if accept else request.META.get(_PREFERRED, DEFAULT)


def speaking(language: str) -> AbstractContextManager[None]:
    """Return the context in which lazy messages are in a language.

    The default needs none, because it is active everywhere. So most requests cost nothing.
    """
    return nullcontext() if language == DEFAULT else translation.override(language)


def prefer_language(meta: dict[str, Any], language: str) -> None:
    """Use the language that a user chose for the rest of a request without Accept-Language.

    ``meta`` is ``META`` of the request.
    """
    if language not in _OTHERS or "HTTP_ACCEPT_LANGUAGE" in meta:
        return
    meta[_PREFERRED] = language
    translation.activate(language)


def forget_preference(request: HttpRequest) -> None:
    """Undo ``prefer_language``: the next request of the thread has its own language."""
    if _PREFERRED in request.META:
        translation.deactivate()


def declare_language(response: HttpResponseBase, language: str) -> None:
    """Say in the headers of an error which language it has, and that this was negotiated."""
    if response.get("Content-Type") != PROBLEM_JSON:
        return
    patch_vary_headers(response, ("Accept-Language",))
    if REPLAYED not in response:  # it is in the language of the first request
        response["Content-Language"] = language
