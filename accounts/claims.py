"""The claims of the shop's tokens, and their types.

The signature proves that the shop issued a token, so its claims should be right. A claim of another
type is refused nevertheless: the key may be shared by mistake, and a number that exceeds a column
would be an error of the database.
"""

import re
from collections.abc import Callable
from typing import Any

from rest_framework_simplejwt.exceptions import TokenError

_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_UNIQUE = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}", re.ASCII)
_END_OF_TIME = 253_402_300_799
"""The last second of the year 9999, in seconds since 1970. A datetime cannot be later."""
_LARGEST_VERSION = 2**31 - 1


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_up_to(largest: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and 0 <= value <= largest


_RULES: dict[str, Callable[[Any], bool]] = {
    "user_id": _matches(_ID),
    "tv": _is_up_to(_LARGEST_VERSION),
    "sid": _matches(_UNIQUE),
    "jti": _matches(_UNIQUE),
    "iat": _is_up_to(_END_OF_TIME),
    "exp": _is_up_to(_END_OF_TIME),
    "sexp": _is_up_to(_END_OF_TIME),
}


def check_claims(claims: dict[str, Any]) -> None:
    """Raise TokenError if a claim is missing or has another type than the shop's tokens have."""
    wrong = [name for name, is_valid in _RULES.items() if not is_valid(claims.get(name))]
    if wrong:
        raise TokenError(f"Claims of the wrong type: {', '.join(wrong)}.")
