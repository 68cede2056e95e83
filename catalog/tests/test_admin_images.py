"""The admin of images."""

import pytest
from django.test import Client

from accounts.factories import UserFactory
from catalog import services
from catalog.models import ProductImage
from catalog.tests.uploads import announcing, files_in, picture, upload
from shop.testing.marks import on_one_database
from shop.testing.pages import form_of

pytestmark = on_one_database

ADD = "/admin/catalog/productimage/add/"


@pytest.fixture
def row(admin_browser, tea):
    """A picture of tea, added at the admin_browser."""
    form = {"image": upload(picture(size=(900, 900))), "alt": "A pot", "position": ""}
    assert admin_browser.post(f"{ADD}?product={tea.pk}", form).status_code == 302
    return ProductImage.objects.get()


def test_an_image_is_added_from_the_page_of_its_product(admin_browser, tea, row, media):
    page = admin_browser.get(f"/admin/catalog/product/{tea.pk}/change/").content.decode()
    assert f'href="{ADD}?product={tea.pk}"' in page
    assert f'src="/media/{row.small.name}" alt="A pot"' in page
    assert (row.product_id, row.alt, row.position) == (tea.pk, "A pot", 0)
    assert len(files_in(media)) == 4
    assert (
        'enctype="multipart/form-data"'
        in admin_browser.get(f"{ADD}?product={tea.pk}").content.decode()
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#!/bin/sh\n", "JPEG, PNG, WebP, AVIF, HEIC or GIF"),
        (announcing(50_000, 50_000), "at most 10485760 bytes and 50000000 pixels"),
        (b"x" * (11 * 1024 * 1024), "at most 10485760 bytes and 50000000 pixels"),
        (picture(size=(900, 900), color="red")[:500], "damaged"),
        (b"", "empty"),
    ],
)
def test_the_form_shows_an_error_for_an_invalid_upload(admin_browser, tea, media, content, message):
    response = admin_browser.post(f"{ADD}?product={tea.pk}", {"image": upload(content)})
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not ProductImage.objects.exists()
    assert files_in(media) == []


def test_a_body_of_a_hundred_megabytes_is_not_read(admin_browser, tea):
    headers = {"CONTENT_LENGTH": str(100 * 1024 * 1024)}
    response = admin_browser.post(f"{ADD}?product={tea.pk}", {"image": upload()}, **headers)
    assert response.status_code == 413


def test_an_image_is_changed_and_deleted(
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


def test_an_image_of_an_archived_product_is_read_only(admin_browser, tea, row):
    services.archive_product(product_id=tea.pk)
    path = f"/admin/catalog/productimage/{row.pk}/change/"
    assert admin_browser.post(path, {"alt": "x", "position": "0"}).status_code == 302
    row.refresh_from_db()
    assert row.alt == "A pot"
    for product in (tea.pk, 999):
        assert admin_browser.get(f"{ADD}?product={product}").status_code == 404


@pytest.mark.parametrize("query", ["", "?product=", "?product=x", "?product=٣"])
def test_adding_an_image_without_a_product_redirects_to_the_list(admin_browser, query):
    assert admin_browser.get(f"{ADD}{query}")["Location"] == "/admin/catalog/product/"


def test_adding_an_image_needs_the_permission(db, tea):
    browser = Client()
    browser.force_login(UserFactory(is_staff=True))
    assert browser.post(f"{ADD}?product={tea.pk}", {"image": upload()}).status_code == 403
    assert not ProductImage.objects.exists()


def test_an_image_that_is_sent_twice_is_added_once(admin_browser, tea, media):
    path = f"{ADD}?product={tea.pk}"
    form = form_of(admin_browser.get(path)) | {"alt": "A pot"}
    for _ in range(2):
        page = admin_browser.post(path, form | {"image": upload(picture())}, follow=True)
    assert "This form was already sent" in page.content.decode()
    assert (ProductImage.objects.count(), len(files_in(media))) == (1, 4)
