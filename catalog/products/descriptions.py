"""Descriptions: HTML with an allowed list of elements, and its plain text.

A description without markup is stored as it is. It is plain text, and safe as HTML too.
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import nh3

# What an HTML parser reads as a tag, a comment or a reference. "5 < 6 & more" contains none.
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);", re.ASCII)
_BLOCKS = frozenset(
    (  # noqa: SIM905 - easier to read than a list
        "address article aside blockquote br caption dd details div dl dt figcaption figure h1 h2 "
        "h3 h4 h5 h6 hr li ol p pre section summary table tbody td tfoot th thead tr ul"
    ).split()
)
_INLINE = frozenset(
    (  # noqa: SIM905
        "a abbr b bdi bdo cite code col colgroup del em i img ins kbd mark q s small span strike "
        "strong sub sup time u wbr"
    ).split()
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_CLEANER = nh3.Cleaner(
    tags=set(_BLOCKS | _INLINE),
    attributes=_ATTRIBUTES,
    clean_content_tags={"script", "style", "template", "title"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
)
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def sanitize(description: str) -> str:
    """Return the HTML without scripts, event handlers, styles and unknown elements.

    Sanitizing it again changes nothing.
    """
    return _CLEANER.clean(description) if has_markup(description) else description


def has_markup(description: str) -> bool:
    """Return whether a browser would read anything in it as more than text."""
    # The first check is much faster, and most descriptions in lists end here.
    return ("<" in description or "&" in description) and bool(_MARKUP.search(description))


def text_of(description: str) -> str:
    """Return the text that a browser shows for a sanitized description, with a line per block."""
    if not has_markup(description):
        return description
    reader = _TextReader()
    reader.feed(description)
    reader.close()
    return _LINES.sub("\n", _SPACE.sub(" ", "".join(reader.parts))).strip()


def safe(description: str, text: str | None) -> str:
    """Return the description of a row as HTML that is safe.

    ``text`` is the column ``description_text``. It is None in rows that have no markup, and in rows
    that were written before there was sanitizing.
    """
    return sanitize(description) if text is None else description


def sanitized(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts of a translation with a sanitized description and its plain text."""
    if "description" not in texts:
        return dict(texts)
    description = sanitize(texts["description"])
    text = text_of(description) if has_markup(description) else None
    return {**texts, "description": description, "description_text": text}


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line before a block."""
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End the line after a block."""
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Add text."""
        self.parts.append(data)
