"""The middleware: cookies and forms of pages, and what requests of the API skip."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from shop.core.admin_middleware import CsrfViewMiddleware
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


def test_a_form_of_a_page_needs_its_secret(db):
    page = Client(enforce_csrf_checks=True)
    form = {"username": "ada", "password": "wrong"}
    assert page.post("/admin/login/", form).status_code == 403
    page.get("/admin/login/")
    form["csrfmiddlewaretoken"] = page.cookies["csrftoken"].value
    assert page.post("/admin/login/", form).status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/api/form/"])
def test_a_view_that_is_not_exempt_refuses_a_form_without_the_secret(path):
    def view(request):
        return HttpResponse()

    request, middleware = RequestFactory().post(path), CsrfViewMiddleware(view)
    middleware(request)
    refused = middleware.process_view(request, view, (), {})
    assert refused.status_code == 403
