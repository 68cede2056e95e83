"""Endpoints of extensions: valid and invalid prefixes."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop.core import routing
from shop.core.viewsets import ShopViewSet
from shop.router import router
from shop.testing.marks import on_one_database

pytestmark = on_one_database


class GiftViewSet(ShopViewSet):
    """The viewset of an extension."""


@pytest.fixture(autouse=True)
def _no_extensions(monkeypatch):
    monkeypatch.setattr(routing, "_registered", [])


def extensions():
    return routing.extensions(taken=[prefix for prefix, *_ in router.registry])


@pytest.mark.parametrize("prefix", ["gifts", "gift-cards", r"gifts/(?P<gift_id>[0-9]+)/notes"])
def test_an_extension_registers_a_prefix_of_its_own(prefix):
    routing.register(prefix, GiftViewSet, "gift")
    assert extensions() == [(prefix, GiftViewSet, "gift")]


@pytest.mark.parametrize("prefix", ["products", "cart", "products/export", "webhooks"])
def test_the_prefixes_of_the_shop_are_refused(prefix):
    routing.register(prefix, GiftViewSet, "gift")
    with pytest.raises(ImproperlyConfigured, match=r"GiftViewSet cannot have the prefix .* taken"):
        extensions()


def test_two_equal_prefixes_are_refused():
    routing.register("gifts", GiftViewSet, "gift")
    routing.register("gifts", GiftViewSet, "present")
    with pytest.raises(ImproperlyConfigured, match="/api/gifts/ is taken"):
        extensions()


@pytest.mark.parametrize("prefix", ["", "/gifts", "Gifts", "[a-z]+", "(?P<x>.*)", ".*"])
def test_a_malformed_prefix_is_refused(prefix):
    with pytest.raises(ImproperlyConfigured, match="is not a valid prefix"):
        routing.register(prefix, GiftViewSet, "gift")
