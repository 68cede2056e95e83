"""The page at the root of the site."""

import re

import pytest
from django.test import Client

PROBLEM = "application/problem+json"


def test_the_root_links_what_a_browser_can_open(client, db, settings):
    settings.DEBUG = True
    answer = client.get("/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    links = re.findall(r'<a href="([^"]+)"', answer.content.decode())
    assert links == ["/api/docs/", "/api/", "/api/products/", "/admin/", "/mail/", "/api/schema/"]
    for link in links:
        assert client.get(link, follow=True).status_code == 200, link


def test_the_root_runs_no_script_and_has_no_inline_style(client, settings):
    settings.DEBUG = True
    page = client.get("/").content.decode()
    assert 'href="/static/shop/index.css"' in page
    assert not re.search(r"<script|<style|style=|\son\w+=", page)


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_the_root_is_a_404_in_production(client, settings, method):
    settings.DEBUG = False
    answer = getattr(client, method)("/")
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_root_supports_no_other_method(settings, method):
    settings.DEBUG = True
    answer = getattr(Client(enforce_csrf_checks=True), method)("/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
