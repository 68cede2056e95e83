"""The request middleware removes cookies from requests of the API."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from shop.core.middleware import RequestMiddleware


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("/api/cart/", False),
        ("/api/products/", False),
        ("/api/docs", False),
        ("/api/docs/", True),
        ("/admin/", True),
    ],
)
def test_only_html_pages_receive_cookies(path, arrives):
    received = []

    def view(request):
        received.append(request.COOKIES)
        return HttpResponse()

    RequestMiddleware(view)(RequestFactory().get(path, headers={"Cookie": "sessionid=1"}))
    assert received == [{"sessionid": "1"} if arrives else {}]
