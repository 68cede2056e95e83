"""A real server with files that need much memory: the workers themselves stay small."""

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from catalog.images import processing
from catalog.images.errors import ImageInvalid
from catalog.models import Product, ProductImage
from catalog.tests.uploads import announcing, picture
from shop.core import conversions
from shop.core.errors import Unavailable
from shop.testing.marks import on_one_database
from shop.testing.serving import faulty_server

pytestmark = pytest.mark.django_db(transaction=True)

GROWTH = 1.5
"""The most that a worker may grow, as a factor of its memory before."""


@pytest.fixture
def shop(tmp_path):
    with faulty_server(tmp_path, WEB_CONCURRENCY="1") as server:
        yield server.shop


def peak(shop):
    """Return the largest size of the worker in bytes, since the last call of ``forget_peak``."""
    (worker,) = shop.workers()
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    (size,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(size) * 1024


def forget_peak(shop):
    (worker,) = shop.workers()
    Path(f"/proc/{worker}/clear_refs").write_text("5")


@on_one_database
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


def sheet(rows):
    """Return a workbook with this text as the rows of its sheet."""
    book, packed = BytesIO(), BytesIO()
    Workbook().save(book)
    with ZipFile(book) as parts, ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            part = parts.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = re.sub(
                    b"<sheetData.*</sheetData>", b"<sheetData>%s</sheetData>" % rows, part
                )
            archive.writestr(name, part)
    return packed.getvalue()


HEADER = (
    b"<row><c t='inlineStr'><is><t>sku</t></is></c><c t='inlineStr'><is><t>name</t></is></c></row>"
)


def heavy_files():
    """Return contents of files, and what the page says about each."""
    return {
        "empty rows": (sheet(HEADER + b"<row/>" * 1_000_000), "more than 100,000 rows"),
        "a row far below": (
            sheet(HEADER + b"<row r='1048576'><c t='inlineStr'><is><t>x</t></is></c></row>"),
            "more than 100,000 rows",
        ),
        "a row of many cells": (
            sheet(HEADER + b"<row>%s</row>" % (b"<c s='1'/>" * 4_000_000)),
            "too much",
        ),
        "a long text": (
            sheet(
                HEADER
                + b"<row><c t='inlineStr'><is><t>%s</t></is></c></row>" % (b"x" * 100_000_000)
            ),
            "more than 1,048,576 characters",
        ),
        "many lists": (b'[{"name": [%s[]]}]' % (b"[]," * 1_500_000), "more than 250,000 values"),
        "many lines in one row": (b"name,price\n" + b'"\n",' * 1_200_000, "characters"),
        "many empty cells": (b"name,price\n" + b"," * 4_000_000, "more than 1,048,576 characters"),
    }


@on_one_database
def test_the_admin_refuses_files_that_need_much_memory(shop, admin_browser):
    url = f"{shop.url}/admin/catalog/product/import/"
    session = requests.Session()
    (login,) = admin_browser.cookies.values()
    session.headers["Cookie"] = f"{login.key}={login.value}"
    answer = session.get(url, timeout=30)
    for name, value in answer.cookies.items():  # they are for HTTPS only
        session.headers["Cookie"] += f"; {name}={value}"
    page = answer.text
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    page = session.post(url, form, files={"file": ("small.csv", b"slug,name,price\na,A,1\n")}).text
    assert "1 created" in page
    forget_peak(shop)
    before = peak(shop)
    for name, (content, reason) in heavy_files().items():
        assert len(content) < 5 * 1024 * 1024, name
        response = session.post(url, form, files={"file": (name, content)}, timeout=120)
        assert response.status_code == 200, name
        assert reason in response.text, name
    assert not Product.objects.exists()
    assert peak(shop) < GROWTH * before


def test_the_admin_says_that_another_file_is_being_read(admin_browser, monkeypatch):
    monkeypatch.setattr(conversions, "_SLOT_TIMEOUT", 0)
    book = SimpleUploadedFile("new.xlsx", sheet(HEADER))
    with conversions._slot():
        page = admin_browser.post("/admin/catalog/product/import/", {"file": book})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Another large file is being read." in page.content.decode()


def test_a_large_image_waits_for_the_conversion_of_another(monkeypatch):
    monkeypatch.setattr(conversions, "_SLOT_TIMEOUT", 0)
    large = picture(size=(1_001, 1_000))
    with conversions._slot(), pytest.raises(Unavailable):
        process(large)
    assert len(process(large).files) == 4


def test_a_conversion_that_fails_is_an_error_of_the_file(monkeypatch):
    monkeypatch.setattr(processing, "__name__", "catalog.no_such_module")
    with pytest.raises(ImageInvalid):
        process(picture(size=(1_001, 1_000)))


def process(content):
    return processing.process_image(BytesIO(content))
