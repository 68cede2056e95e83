"""The German texts of the demo shop, for a shop with German among its further languages."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from shop.core.language_codes import further_languages

_FILE = Path(__file__).with_name("german.json")
_GERMAN = "de"


@cache
def _texts() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def german(kind: str, name: str) -> dict[str, dict[str, Any]]:
    """Return the translations of a row of the demo shop; none in a shop without German.

    ``kind`` is a member of the file, such as products, and ``name`` one of the member.
    """
    texts = _texts()[kind].get(name) if _GERMAN in further_languages() else None
    if texts is None:
        return {}
    if isinstance(texts, list):
        return {_GERMAN: dict(zip(("name", "description"), texts, strict=True))}
    return {_GERMAN: texts if isinstance(texts, dict) else {"name": texts}}


def translated_options() -> list[str]:
    """Return the names of the options that have German texts."""
    return list(_texts()["options"])
