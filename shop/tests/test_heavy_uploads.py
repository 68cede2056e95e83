"""A real server with files that need much memory: the workers themselves stay small."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from catalog.images import processing
from catalog.images.errors import ImageInvalid
from catalog.models import ProductImage
from catalog.tests.uploads import announcing, picture
from shop.core import conversions
from shop.core.errors import Unavailable
from shop.testing.server import running_shop
from shop.testing.serving import url_of_the_tests_database

pytestmark = pytest.mark.django_db(transaction=True)

GROWTH = 1.5
"""The most that a worker may grow, as a factor of its memory before."""


@pytest.fixture
def shop(settings):
    with running_shop(
        url_of_the_tests_database(),
        DJANGO_SETTINGS_MODULE="shop.settings",
        SECRET_KEY=settings.SECRET_KEY,
        JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY,
        workers=1,
    ) as shop:
        yield shop


def peak(shop):
    """Return the largest size of the worker in bytes, since the last call of ``forget_peak``."""
    (worker,) = shop.workers()
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    (size,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(size) * 1024


def forget_peak(shop):
    (worker,) = shop.workers()
    Path(f"/proc/{worker}/clear_refs").write_text("5")


def test_six_images_of_forty_megapixels_at_once(shop, amy, tea):
    url = f"{shop.url}/api/products/{tea.pk}/images/"

    def add(content):
        headers = {"Authorization": f"Bearer {amy.pair.token}"}
        files = {"image": ("pot.png", content, "image/png")}
        return requests.post(url, files=files, headers=headers, timeout=60)

    assert add(picture()).status_code == 201
    forget_peak(shop)
    before = peak(shop)
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(add, [picture(size=(8_000, 5_000), mode="L")] * 6))
    created = [response for response in responses if response.status_code == 201]
    assert len(created) >= 1
    for response in responses:
        assert response.status_code in {201, 503}
        assert response.status_code == 201 or response.headers["Retry-After"] == "5"
    assert ProductImage.objects.count() == 1 + len(created)
    refused = add(announcing(1, 40_000_000))
    assert (refused.status_code, refused.json()["max_side"]) == (413, 20_000)
    assert peak(shop) < GROWTH * before


def test_a_large_image_waits_for_the_conversion_of_another(monkeypatch):
    monkeypatch.setattr(conversions, "_SLOT_TIMEOUT", 0)
    large = picture(size=(1_001, 1_000))
    with conversions._slot(), pytest.raises(Unavailable):
        process(large)
    assert len(process(large)) == 2


def test_a_conversion_that_fails_is_an_error_of_the_file(monkeypatch):
    monkeypatch.setattr(processing, "__name__", "catalog.no_such_module")
    with pytest.raises(ImageInvalid):
        process(picture(size=(1_001, 1_000)))


def process(content):
    from io import BytesIO

    return processing.process_image(BytesIO(content))
