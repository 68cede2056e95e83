"""Text as XML 1.0 can represent it."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
# The characters that XML 1.0 allows (section 2.2), without control characters of ISO 8859.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010fffd]"
)


def text(value: object) -> str:
    """Return a value as the content of an element. Characters without a place in XML are left out.

    Quotation marks are not escaped, so the result must not be used in an attribute.
    """
    return escape(_FORBIDDEN.sub("", str(value)))


def element(name: str, value: object) -> str:
    """Return an element with a text."""
    return f"<{name}>{text(value)}</{name}>"


def elements(pairs: Iterable[tuple[str, object]]) -> str:
    """Return an element for each value that is not empty."""
    return "".join(element(name, value) for name, value in pairs if value not in (None, ""))
