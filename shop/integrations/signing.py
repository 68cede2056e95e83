"""Secrets and signatures of webhooks, as the Standard Webhooks specification describes them.

A secret is not stored. It is the HMAC of a random salt with SECRET_KEY; the database has the salt
and a digest of the secret, so that the key that made it is known (``SECRET_KEY_FALLBACKS``). So a
copy of the database does not contain it, and it can be shown to staff only when it is made.
"""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

from django.conf import settings
from django.utils.crypto import salted_hmac

PREFIX = "whsec_"

_SALT = "shop.integrations.signing"


class SecretLost(Exception):
    """No key makes the secret: SECRET_KEY was changed without SECRET_KEY_FALLBACKS."""

    def __str__(self) -> str:
        return "SECRET_KEY was changed, so that the secret is lost. Rotate the secret."


def make_secret() -> str:
    """Return the reference of a new secret, for ``secret_of``."""
    salt = secrets.token_hex(16)
    return f"{salt}.{_digest(_derive(settings.SECRET_KEY, salt))}"


def secret_of(reference: str) -> str:
    """Return a secret as receivers configure it: ``whsec_`` and base64. Raises SecretLost."""
    return PREFIX + b64encode(_key_of(reference)).decode()


def sign(references: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header ``webhook-signature``, with one signature for each secret.

    Raises SecretLost.
    """
    keys = (_key_of(reference) for reference in references)
    return " ".join(signature_of(key, message_id, timestamp, body) for key in keys)


def signature_of(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, with its version."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.digest(key, content, 'sha256')).decode()}"


def _key_of(reference: str) -> bytes:
    salt, _, digest = reference.partition(".")
    for secret_key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        key = _derive(secret_key, salt)
        if hmac.compare_digest(_digest(key), digest):
            return key
    raise SecretLost


def _derive(secret_key: str, salt: str) -> bytes:
    return salted_hmac(_SALT, salt, secret=secret_key, algorithm="sha256").digest()


def _digest(key: bytes) -> str:
    """Return what identifies a key without saying anything about it."""
    return sha256(b"reference " + key).hexdigest()[:24]
