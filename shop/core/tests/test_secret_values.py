"""Which values are refused as secrets."""

import re
import secrets
import string
import uuid
from pathlib import Path

import pytest
from django.core.management.utils import get_random_secret_key

from shop.core.secret_values import is_published_password, problems, weakness_of
from shop.testing.marks import on_one_database

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parents[3]
LETTERS = string.ascii_letters + string.digits
GUESSED = "can be guessed, because it is short or consists of words, sequences or repetitions"


@pytest.mark.parametrize(
    "value",
    [
        "a" * 32,
        "ab" * 20,
        "abcd" * 10,
        "0123456789" * 4,
        "0123456789abcdef0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
        "x9x8x7x6x5x4x3x2x1x0y9y8y7y6y5y4",
        "aaaaaaaabbbbbbbbccccccccdddddddd",
        "01101000011001010110110001101100011011110010000001110111",
        "deadbeefdeadbeefdeadbeefdeadbeef",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "password" * 4,
        "SecretKeySecretKeySecretKeySecretKey1",
        "mysupersecretkeyforproduction2026!",
        "the-quick-brown-fox-jumps-over-the-lazy-dog",
        "this is the secret key of our web shop",
        "00000000-0000-0000-0000-000000000001",
        "kT9#vX2q",
        "...",
    ],
)
def test_values_without_randomness_are_refused(value):
    assert weakness_of(value) == GUESSED


@pytest.mark.parametrize(
    "value",
    [
        "development-only-session-key-of-the-shop",
        "development-only-secret_key-0000000000000000",
        "django-insecure-5v8&x!q2l#0s3e@k9z^w7r(c1u$b6t*y4n)m-p_o+i=h",
        "changeme-Zq8vT3nXk5LwYc2JfHs7MdGpKu4VaE",
        "change_me_Zq8vT3nXk5LwYc2JfHs7MdGpKu4VaE",
        "ChangeMe",
        "your-256-bit-secret",
        "a-string-secret-at-least-256-bits-long",
        "example-Zq8vT3nXk5LwYc2JfHs7MdGpKu4VaE",
        "REPLACE-ME-Zq8vT3nXk5LwYc2JfHs7MdGpKu4VaE",
    ],
)
def test_published_examples_are_refused(value):
    assert weakness_of(value) == "is a published example"


def test_every_secret_in_this_repository_is_refused():
    names = ("Makefile", "Dockerfile", "docker-compose.yml", ".env.example", "README.md")
    pages = [*(ROOT / name for name in names), *(ROOT / "docs").rglob("*.md")]
    assigned = re.compile(r"\w*(?:SECRET|_KEY|PASSWORD)\w*[=:] ?[\"']?([^\s\"'`,]*)")
    found = {value for page in pages for value in assigned.findall(page.read_text()) if value}
    # Make and compose read these from the environment. The part after :- is the default.
    defaults = {match[1] if (match := re.search(r":-(.*)\}", value)) else value for value in found}
    written = {value for value in defaults if "$" not in value and len(value) > 3}
    assert "development-only-session-key-of-the-shop" in written
    assert [value for value in written if not weakness_of(value)] == []


@pytest.mark.parametrize(
    "generate",
    [
        lambda: secrets.token_urlsafe(48),
        lambda: secrets.token_urlsafe(32),
        lambda: secrets.token_hex(32),
        lambda: secrets.token_hex(24),
        lambda: str(uuid.uuid4()),
        get_random_secret_key,
        lambda: "".join(secrets.choice(LETTERS) for _ in range(32)),
    ],
)
def test_random_values_are_accepted(generate):
    assert [weakness_of(generate()) for _ in range(100)] == [""] * 100


def test_a_value_that_is_used_twice_is_reported_without_the_value():
    value, other = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    assert problems([("A", value), ("B", other), ("C", value), ("A", value), ("D", "")]) == [
        "C equals A: one leak would disclose both."
    ]


def test_published_passwords_of_databases():
    assert all(map(is_published_password, ["shop", "Postgres", "changeme", "change-me-now"]))
    assert not any(map(is_published_password, ["", "kT9#vX2q", secrets.token_urlsafe(12)]))
