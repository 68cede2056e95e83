"""The rendering of a message: subject, text and HTML of a template in a language."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from shop.mail import text
from shop.mail.texts import filled, texts_of

# Mail programs need the styles in the elements, apart from rules for the width and dark mode.
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


class Rendered(NamedTuple):
    """A message as it is sent."""

    subject: str
    text: str
    html: str


def render(template: str, *, language: str, context: Callable[[], Mapping[str, Any]]) -> Rendered:
    """Return a message in a language. ``context`` is called while that is active.

    Texts that staff have written take the place of those of the template.
    """
    with translation.override(language):
        facts = context()
        shared = {
            "shop_name": settings.SHOP_NAME,
            "language": language,
            "texts": filled(texts_of(template, language), template, language, facts),
        }
        html = render_to_string(f"mail/{template}.html", {**shared, **facts})
    subject, plain = text.read(html)
    return Rendered(subject, plain, _INLINER.inline(html))
