"""What the outermost middleware takes from a request before anything reads it."""

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
def test_cookies_arrive_only_where_pages_are_for_people(path, arrives):
    seen = []

    def see(request):
        seen.append(request.COOKIES)
        return HttpResponse()

    RequestMiddleware(see)(RequestFactory().get(path, headers={"Cookie": "sessionid=1"}))
    assert seen == [{"sessionid": "1"} if arrives else {}]
