"""Unknown members of a body and unknown parameters of a query: both are refused, with a hint.

Otherwise a misspelt name, such as ``end_at`` for ``ends_at``, would have no effect and no error.
"""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ErrorDetail

from shop.core.errors import UnknownField

_MAX_REPORTED = 20
_MAX_LENGTH = 100
_MIN_SIMILARITY = 0.5
_SEPARATORS = re.compile(r"[\W_]+")

# Whole sentences, because languages decline the words differently.
_NONE_KNOWN = {
    "member": _('Unknown member "{name}"; this request takes no members.'),
    "parameter": _('Unknown parameter "{name}"; this request takes no parameters.'),
}
_SIMILAR = {
    "member": _('Unknown member "{name}"; did you mean "{similar}"?'),
    "parameter": _('Unknown parameter "{name}"; did you mean "{similar}"?'),
}
_OTHERS = {
    "member": _('Unknown member "{name}"; the known members are: {known}.'),
    "parameter": _('Unknown parameter "{name}"; the known parameters are: {known}.'),
}


def unknown_names(
    kind: str, names: Iterable[str], known: Collection[str]
) -> dict[str, list[ErrorDetail]]:
    """Return an error for each of ``names`` that is not ``known``, for DRF's ValidationError.

    ``kind`` is "member" or "parameter". A long name is shortened, and the number of errors limited,
    since the response contains them.
    """
    unknown = sorted(name for name in names if name not in known)[:_MAX_REPORTED]
    return {
        _shortened(name): [ErrorDetail(_sentence(kind, name, known), UnknownField.code)]
        for name in unknown
    }


def unknown_name(kind: str, name: str, known: Collection[str]) -> UnknownField:
    """Return the error for one unknown name."""
    return UnknownField(field=_shortened(name), reason=_sentence(kind, name, known))


def nearest(name: str, known: Iterable[str], similarity: float = _MIN_SIMILARITY) -> str | None:
    """Return the known name that is most similar, or None. Ignores case and separators.

    ``similarity`` is from 0 to 1, for equal names.
    """
    by_letters = {_letters(other): other for other in known}
    close = get_close_matches(_letters(name[:_MAX_LENGTH]), by_letters, 1, similarity)
    return by_letters[close[0]] if close else None


def _sentence(kind: str, name: str, known: Collection[str]) -> str:
    values = {"name": _shortened(name), "known": ", ".join(known)}
    if not known:
        return _NONE_KNOWN[kind].format(**values)
    similar = nearest(name, known)
    if similar is not None:
        return _SIMILAR[kind].format(**values, similar=similar)
    return _OTHERS[kind].format(**values)


def _letters(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def _shortened(name: str) -> str:
    return name if len(name) <= _MAX_LENGTH else f"{name[:_MAX_LENGTH]}…"
