"""The admin_browser of pictures."""

import pytest
from django.test import Client

from accounts.factories import UserFactory
from catalog import services
from catalog.models import ProductImage
from catalog.tests.uploads import announcing, files_in, picture, upload

ADD = "/admin/catalog/productimage/add/"


@pytest.fixture
def row(admin_browser, tea):
    """A picture of tea, added at the admin_browser."""
    form = {"image": upload(picture(size=(900, 900))), "alt": "A pot", "position": ""}
    assert admin_browser.post(f"{ADD}?product={tea.pk}", form).status_code == 302
    return ProductImage.objects.get()


def test_a_picture_is_added_from_its_products_page(admin_browser, tea, row, media):
    page = admin_browser.get(f"/admin/catalog/product/{tea.pk}/change/").content.decode()
    assert f'href="{ADD}?product={tea.pk}"' in page
    assert f'src="/media/{row.small.name}" alt="A pot"' in page
    assert (row.product_id, row.alt, row.position) == (tea.pk, "A pot", 0)
    assert len(files_in(media)) == 2
    assert (
        'enctype="multipart/form-data"'
        in admin_browser.get(f"{ADD}?product={tea.pk}").content.decode()
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"#!/bin/sh\n", "JPEG, PNG, WebP or GIF"),
        (announcing(50_000, 50_000), "at most 10485760 bytes and 40000000 pixels"),
        (b"x" * (11 * 1024 * 1024), "at most 10485760 bytes and 40000000 pixels"),
        (picture(size=(900, 900), color="red")[:500], "damaged"),
        (b"", "empty"),
    ],
)
def test_a_bad_upload_is_told_in_the_form(admin_browser, tea, media, content, said):
    answer = admin_browser.post(f"{ADD}?product={tea.pk}", {"image": upload(content)})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not ProductImage.objects.exists()
    assert files_in(media) == []


def test_a_body_of_a_hundred_megabytes_is_not_read(admin_browser, tea):
    headers = {"CONTENT_LENGTH": str(100 * 1024 * 1024)}
    answer = admin_browser.post(f"{ADD}?product={tea.pk}", {"image": upload()}, **headers)
    assert answer.status_code == 413


def test_what_a_picture_says_is_changed_and_it_is_deleted(
    admin_browser, anyone, row, media, django_capture_on_commit_callbacks
):
    path = f"/admin/catalog/productimage/{row.pk}"
    detail = f"/api/products/{row.product_id}/"
    etag = anyone.get(detail)["ETag"]
    assert admin_browser.get(f"{path}/change/").status_code == 200
    assert (
        admin_browser.post(f"{path}/change/", {"alt": "The lid", "position": "4"}).status_code
        == 302
    )
    row.refresh_from_db()
    assert (row.alt, row.position) == ("The lid", 4)
    assert anyone.get(detail)["ETag"] != etag
    with django_capture_on_commit_callbacks(execute=True):
        assert admin_browser.post(f"{path}/delete/", {"post": "yes"}).status_code == 302
    assert not ProductImage.objects.exists()
    assert files_in(media) == []


def test_a_picture_of_what_is_archived_stays_as_it_was(admin_browser, tea, row):
    services.archive_product(product_id=tea.pk)
    path = f"/admin/catalog/productimage/{row.pk}/change/"
    assert admin_browser.post(path, {"alt": "x", "position": "0"}).status_code == 302
    row.refresh_from_db()
    assert row.alt == "A pot"
    for product in (tea.pk, 999):
        assert admin_browser.get(f"{ADD}?product={product}").status_code == 404


@pytest.mark.parametrize("query", ["", "?product=", "?product=x", "?product=٣"])
def test_a_picture_of_no_product_is_sought_among_them(admin_browser, query):
    assert admin_browser.get(f"{ADD}{query}")["Location"] == "/admin/catalog/product/"


def test_staff_without_the_permission_add_nothing(db, tea):
    browser = Client()
    browser.force_login(UserFactory(is_staff=True))
    assert browser.post(f"{ADD}?product={tea.pk}", {"image": upload()}).status_code == 403
    assert not ProductImage.objects.exists()
