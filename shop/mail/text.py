"""The subject and the plain text of a message, read from its HTML.

So a template, also one of another shop, is written once.
"""

import re
from html.parser import HTMLParser
from typing import NamedTuple

_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "table", "ul", "ol", "address", "hr"})
_LINES = frozenset({"tr", "li", "br", "div"})
_CELLS = frozenset({"td", "th"})
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "col"})
_LEFT_OUT = frozenset({"style", "script", "head"})
_SPACE = re.compile(r"\s+")


class Read(NamedTuple):
    """The subject in one line, and the text."""

    subject: str
    text: str


def read(html: str) -> Read:
    """Return the ``<title>`` and the text of a page, without elements of class ``preheader``.

    Links are followed by their URL, and the cells of a row of a table are in one line.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [line.strip() for line in "".join(reader.parts).split("\n")]
    text = "\n".join(lines).strip()
    return Read(_SPACE.sub(" ", reader.subject).strip(), f"{text}\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.subject = ""
        self.parts: list[str] = []
        self._is_title = False
        self._left_out = 0
        """The depth inside of an element that is left out; 0 outside."""
        self._links: list[str] = []
        self._breaks = 0
        """The line breaks before the next text."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        self._is_title = tag == "title"
        if self._left_out:
            self._left_out += tag not in _VOID
        elif tag in _LEFT_OUT or "preheader" in (facts.get("class") or "").split():
            self._left_out = 1
        elif tag == "a":
            self._links.append(facts.get("href") or "")
        else:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._is_title = False
        if self._left_out:
            self._left_out -= tag not in _VOID
        elif tag == "a" and self._links:
            self.parts.append(f":\n{self._links.pop()}")
        elif tag in _CELLS:
            self.parts.append("  ")
        else:
            self._break(tag)

    def _break(self, tag: str) -> None:
        lines = 2 if tag in _PARAGRAPHS else 1 if tag in _LINES else 0
        self._breaks = max(self._breaks, lines)

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self.subject += data
        elif not self._left_out:
            if data.strip():
                self.parts.append("\n" * self._breaks)
                self._breaks = 0
            self.parts.append(_SPACE.sub(" ", data))
