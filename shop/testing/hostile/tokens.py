"""Forged tokens. Some are signed with the key of the shop, as if it had leaked or been misused."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from uuid import uuid4

import jwt
from jwt.api_jws import PyJWS

_HUGE = 10**30
_CLAIMS: dict[str, list[object]] = {
    "user_id": [_HUGE, str(_HUGE), -1, 0, None, [], {}, "x", "1e3", "\x00", "٣", 2**63],
    "sid": [uuid4().hex, None, 5, [], {}, "", "\x00", "\ud800", "x" * 3_000, True],
    "tv": [None, _HUGE, -1, "x", [], {}, 1.5, 2**31],
    "exp": [-1, 0, None, "x", [], {}, "-1"],
    "iat": ["x", [], {}, _HUGE],
    "nbf": [_HUGE, "x", [], 10**12],
    "sexp": [_HUGE, None, "x", [], -1],
    "jti": [None, 5, [], "\x00", "\ud800", ""],
    "token_type": [None, "refresh", "other", 5, []],
    "iss": [None, "other", 5, [], {}],
    "aud": [None, "other", 5, [5], {}],
}
_MUST_BE_VALID = {"user_id", "sid", "tv", "exp", "token_type", "iss", "aud", "nbf"}
"""An access token with another value of one of these claims is refused in any case."""


def forged(token: str, key: str) -> Iterator[tuple[str, bool]]:
    """Yield tokens made from a valid access token, and whether each has to be refused."""
    claims = jwt.decode(token, options={"verify_signature": False})
    for name, values in _CLAIMS.items():
        for value in values:
            yield _signed(claims | {name: value}, key), name in _MUST_BE_VALID
        without = {other: value for other, value in claims.items() if other != name}
        yield _signed(without, key), name in _MUST_BE_VALID - {"nbf"}
    for payload in (b"[]", b"null", b"1", b'"x"', b"", b"\xff", b"[" * 900 + b"]" * 900):
        yield PyJWS().encode(payload, key, "HS256"), True
    yield jwt.encode(claims, None, "none"), True
    yield jwt.encode(claims, "another-key-of-at-least-32-bytes-0123456789", "HS256"), True
    yield jwt.encode(claims, key.ljust(64, "0"), "HS512"), True
    yield from ((unsigned, True) for unsigned in _malformed(token))


def _signed(claims: dict[str, object], key: str) -> str:
    """Return a token with any claims: ``jwt.encode`` would check some."""
    return PyJWS().encode(json.dumps(claims).encode(), key, "HS256")


def _malformed(token: str) -> Iterator[str]:
    _, payload, signature = token.split(".")
    deep = [b"[" * 1_400, b'{"alg":"HS256","a":' + b"[" * 1_200, b"[" * 700 + b"]" * 700]
    headers = [b"", b"null", b"[]", b"1", b'{"alg":null}', b'{"alg":["HS256"]}', b'{"alg":"RS256"}']
    for header in [*headers, *deep, b"9" * 1_400, b"\xff", b'{"alg":"HS256","kid":"\\u0000"}']:
        yield f"{_encode(header)}.{payload}.{signature}"
    for body in deep:
        yield f"{token.split('.', maxsplit=1)[0]}.{_encode(body)}.{signature}"
    yield from (f"{token}.{signature}", token[:-3], f".{token}", "..", "a.b.c")


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
