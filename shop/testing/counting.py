"""The production settings with another middleware, which counts the requests."""

import os
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shop.settings import *  # noqa: F403

MIDDLEWARE = [*MIDDLEWARE, "shop.testing.counting.CountingMiddleware"]  # noqa: F405


class CountingMiddleware:
    """Appends the path of each request to the file COUNTED_REQUESTS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Write the line, and call the next middleware."""
        with Path(os.environ["COUNTED_REQUESTS"]).open("a") as file:
            file.write(f"{request.path}\n")
        return self.get_response(request)
