"""The tag ``form_key``: the one-time key of a form, as a hidden field."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shop.core import form_keys

register = template.Library()


@register.simple_tag(takes_context=True)
def form_key(context: Any) -> SafeString:
    """Return the hidden field. The template needs the request in its context."""
    key = form_keys.key_of(context["request"])
    return format_html('<input type="hidden" name="{}" value="{}">', form_keys.FIELD, key)
