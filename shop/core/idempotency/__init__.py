"""Idempotent requests: a duplicate gets the stored response of the first request.

``Idempotency-Key`` follows draft-ietf-httpapi-idempotency-key-header-07: a structured-field string,
or the bare string that most clients send. A key belongs to one user or guest, method and path.

The record of a key is the first row that a request writes, in the transaction of its work. A
duplicate request waits on the unique index of the records until the first request commits, fails
with an IntegrityError and gets the stored response. If the first request fails, its record is
rolled back with its work, so that no key stays blocked. Records are kept for 48 hours. Responses
with the status 2xx or 409 are stored; a response with a secret must not be.
"""

from shop.core.idempotency.keys import AskedKey, idempotency_key_of, note_duplicate, read_key
from shop.core.idempotency.records import RETENTION, Claim, KeyOwner, delete_old_keys, run_or_find
from shop.core.idempotency.requests import REPLAYED, idempotent, idempotent_steps

__all__ = [
    "REPLAYED",
    "RETENTION",
    "AskedKey",
    "Claim",
    "KeyOwner",
    "delete_old_keys",
    "idempotency_key_of",
    "idempotent",
    "idempotent_steps",
    "note_duplicate",
    "read_key",
    "run_or_find",
]
