"""The keys that sign tokens: one signs, and the signatures of former ones are accepted too."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.settings import api_settings


class ShopTokenBackend(TokenBackend):
    """Signs with the first of ``keys``, and accepts the signatures of all."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take over the other settings of SimpleJWT."""
        super().__init__(
            api_settings.ALGORITHM,
            keys[0],
            audience=api_settings.AUDIENCE,
            issuer=api_settings.ISSUER,
            leeway=api_settings.LEEWAY,
        )
        self._keys: list[Any] = [self._prepare_key(key) for key in keys]

    def get_verifying_key(self, token: Any) -> Any:
        """Return the key that signed the token, or the first one, which then refuses it."""
        if len(self._keys) == 1:
            return self._keys[0]
        return next((key for key in self._keys if self._has_signed(key, token)), self._keys[0])

    def _has_signed(self, key: Any, token: Any) -> bool:
        try:
            jwt.PyJWS().decode(token, key, algorithms=[self.algorithm])
        except jwt.InvalidTokenError:
            return False
        return True


def backend() -> ShopTokenBackend:
    """Return the backend of JWT_SIGNING_KEY and JWT_SIGNING_KEY_FALLBACKS."""
    return _backend((settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _backend(keys: tuple[str, ...]) -> ShopTokenBackend:
    return ShopTokenBackend(keys)
