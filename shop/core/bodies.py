"""The maximum size of a request body: 256 KiB, and more for the uploads in ``UPLOADS``."""

import re

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shop.core.errors import ShopError

_UPLOADS = [(re.compile(path), limit) for path, limit in settings.UPLOADS.items()]


class BodyTooLarge(ShopError):
    """413. Facts: limit, in bytes."""

    status = 413
    code = "body_too_large"
    message = _("The request body is larger than {limit} bytes.")
    example = {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}


def body_limit(method: str, path: str, content_type: str) -> int:
    """Return the maximum size, in bytes, of the body of a request to ``path``."""
    if method == "POST" and content_type.lower().startswith("multipart/form-data"):
        for pattern, limit in _UPLOADS:
            if pattern.fullmatch(path):
                return limit
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
