"""Images of products and their files: /api/products/{id}/images/."""

import os
import time
from functools import partial
from io import BytesIO
from threading import Event

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from PIL import Image

from accounts.factories import UserFactory
from catalog import revision, services
from catalog.factories import ProductFactory, ShirtFactory
from catalog.images.files import all_names
from catalog.limits import MAX_IMAGES
from catalog.models import ProductImage
from catalog.tests.uploads import announcing, files_in, picture, upload
from shop.core.jobs import until
from shop.core.models import IdempotencyKey
from shop.testing.budget import count_statements
from shop.testing.fixtures import Caller
from shop.testing.races import times

LIST = "/api/products/"


def images_of(product):
    return f"{LIST}{product.pk}/images/"


def add(caller, product, content=None, key="", **form):
    headers = {"Idempotency-Key": key} if key else {}
    body = {"image": upload(content), **form}
    return caller.post(images_of(product), body, format="multipart", headers=headers)


def ours(product, number=1):
    """Create rows of images without files."""
    return ProductImage.objects.bulk_create(
        ProductImage(
            product=product, large=f"products/00/{n}", small=f"products/00/{n}s", position=n
        )
        for n in range(number)
    )


def refused(response, status, code, media):
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["code"] == code
    assert not ProductImage.objects.exists()
    assert files_in(media) == []
    return response.json()


def test_an_image_is_in_all_responses_with_its_product(anyone, amy, tea, media):
    added = add(amy, tea, picture(size=(800, 600)), alt="A pot")
    shown = added.json()
    assert (added.status_code, added["Location"]) == (201, f"{images_of(tea)}{shown['id']}/")
    row = ProductImage.objects.get()
    assert shown == {
        "id": row.pk,
        "large": f"http://testserver/media/{row.large.name}",
        "small": f"http://testserver/media/{row.small.name}",
        "srcset": ", ".join(
            f"http://testserver/media/{row.large.name.replace('large', size)} {width}w"
            for size, width in (("large", 800), ("small", 400), ("thumbnail", 200))
        ),
        "width": 800,
        "height": 600,
        "placeholder": row.placeholder,
        "alt": "A pot",
        "position": 0,
    }
    assert anyone.get(LIST).json()["products"][0]["image"] == shown
    page = anyone.get(f"{LIST}{tea.pk}/").json()
    assert (page["image"], page["images"]) == (shown, [shown])
    assert anyone.get(f"{LIST}changes/").json()["products"][0]["images"] == [shown]
    assert [path.stat().st_size > 0 for path in files_in(media)] == [True] * 4
    assert row.placeholder.startswith("data:image/webp;base64,")


def test_urls_of_images_have_the_requested_host(anyone, amy, tea):
    add(amy, tea)
    for host in ("localhost", "127.0.0.1"):
        product = anyone.get(LIST, headers={"Host": host}).json()["products"][0]
        assert product["image"]["large"].startswith(f"http://{host}/media/products/")


def test_a_file_is_served_with_its_type_and_may_be_cached_forever(amy, tea):
    path = add(amy, tea, picture(size=(800, 600))).json()["small"].removeprefix("http://testserver")
    response = Client().get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Image.open(BytesIO(response.content)).size == (400, 300)
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        "",
        "products/",
        "../manage.py",
        "products/../../db.sqlite3",
        "products/00/..%2f..%2fsecret",
        "secret",
        f"products/00/{'0' * 32}-large.webp",
        f"products/00/{'0' * 32}-large.webp%0a",
    ],
)
def test_no_other_files_are_served(db, media, name):
    media.mkdir()
    (media / "secret").write_text("x")
    assert Client().get(f"/media/{name}").status_code == 404


def test_file_names_of_clients_are_not_used(amy, tea, media):
    for name in ("../../evil.py", "pot.php.png", "x" * 300):
        body = {"image": upload(name=name)}
        assert amy.post(images_of(tea), body, format="multipart").status_code == 201
    names = [path.relative_to(media).as_posix() for path in files_in(media)]
    assert len(names) == 12
    assert all(name.startswith("products/") and name.endswith(".webp") for name in names)
    assert not any("evil" in name or "pot" in name or "xxx" in name for name in names)


def test_images_are_sorted_by_position(anyone, amy, tea):
    first, second, third = [
        add(amy, tea, **where).json()["id"] for where in ({}, {}, {"position": "0"})
    ]
    page = anyone.get(f"{LIST}{tea.pk}/").json()
    assert [image["id"] for image in page["images"]] == [first, third, second]
    assert page["image"]["id"] == first
    changed = amy.patch(f"{images_of(tea)}{second}/", {"position": 0, "alt": "The lid"})
    assert (changed.status_code, changed.json()["alt"]) == (200, "The lid")
    assert amy.patch(f"{images_of(tea)}{first}/", {"position": 9}).status_code == 200
    images = anyone.get(f"{LIST}{tea.pk}/").json()["images"]
    assert [(image["id"], image["position"]) for image in images] == [
        (second, 0),
        (third, 0),
        (first, 9),
    ]


def test_a_variant_has_its_own_images(anyone, amy, db):
    shirt = ShirtFactory()
    variant = shirt.variants.first()
    shown = add(amy, variant).json()
    page = anyone.get(f"{LIST}{shirt.pk}/").json()
    assert (page["image"], page["images"]) == (None, [])
    assert [v["image"] for v in page["variants"] if v["id"] == variant.pk] == [shown]
    assert amy.delete(f"{images_of(shirt)}{shown['id']}/").status_code == 404
    assert amy.patch(f"{images_of(shirt)}{shown['id']}/", {"alt": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "picture_invalid"),
        (b"#!/bin/sh\nrm -rf /\n", 400, "picture_invalid"),
        (picture(size=(900, 900), color="red")[:500], 400, "picture_invalid"),
        (announcing(50_000, 50_000), 413, "picture_too_large"),
        (announcing(1, 40_000_000), 413, "picture_too_large"),
        (announcing(20_001, 1), 413, "picture_too_large"),
        (announcing(5_000, 5_000), 400, "picture_invalid"),
        (b"x" * (10 * 1024 * 1024 + 1), 413, "picture_too_large"),
        (b"x" * (11 * 1024 * 1024), 413, "body_too_large"),
    ],
)
def test_an_unsuitable_file_is_an_error(amy, tea, media, content, status, code):
    message = refused(add(amy, tea, content), status, code, media)
    if code == "picture_invalid":
        assert message["errors"][0]["field"] == "image"
        assert "JPEG, PNG, WebP, AVIF, HEIC or GIF" in message["detail"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "image"),
        ({"image": "pot.png"}, "image"),
        ({"image": None, "position": "-1"}, "position"),
        ({"image": None, "position": "32768"}, "position"),
        ({"image": None, "position": "first"}, "position"),
        ({"image": None, "alt": "x" * 513}, "alt"),
    ],
)
def test_an_invalid_form_is_an_error(amy, tea, media, form, field):
    if not isinstance(form.get("image", ""), str):
        form = form | {"image": upload(form["image"])}
    response = amy.post(images_of(tea), form, format="multipart")
    body = refused(response, 400, "invalid", media)
    assert body["errors"][0]["field"] == field


def test_an_invalid_form_as_a_whole_is_an_error(amy, tea, media):
    form = {"image": upload(None), "alt": "a\x00b"}
    body = refused(amy.post(images_of(tea), form, format="multipart"), 400, "invalid", media)
    assert body["detail"] == "The form contains a NUL character."


def test_uploads_are_forms_only(amy, tea, media):
    as_json = amy.post(images_of(tea), {"image": "x"})
    assert refused(as_json, 415, "unsupported_media_type", media)


@pytest.mark.parametrize("path", ["/api/cart/add/", LIST, f"{LIST}1/stock/"])
def test_other_paths_limit_bodies_to_256_kib(amy, path):
    response = amy.post(path, {"image": upload(b"x" * 300_000)}, format="multipart")
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert response.json()["limit"] == 262_144


def staff_with(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return Caller(user)


def test_each_write_needs_its_permission(anyone, ada, tea, media):
    (row,) = ours(tea)
    path = f"{images_of(tea)}{row.pk}/"
    calls = {
        "add": lambda caller: add(caller, tea),
        "change": lambda caller: caller.patch(path, {"alt": "x"}),
        "delete": lambda caller: caller.delete(path),
    }
    for name, call in calls.items():
        others = [f"{verb}_productimage" for verb in calls if verb != name]
        assert call(anyone).status_code == 401
        assert call(ada).status_code == 403
        refusal = call(staff_with("change_product", *others))
        assert (refusal.status_code, refusal.json()["code"]) == (403, "permission_denied")
        assert f"catalog.{name}_productimage" in refusal.json()["detail"]
    assert list(ProductImage.objects.values_list("pk", "alt")) == [(row.pk, "")]
    assert files_in(media) == []
    assert calls["change"](staff_with("change_productimage")).status_code == 200
    assert calls["add"](staff_with("add_productimage")).status_code == 201
    assert calls["delete"](staff_with("delete_productimage")).status_code == 204


def test_unknown_images_and_products_are_a_404(amy, tea, media):
    archived = ProductFactory()
    services.archive_product(product_id=archived.pk)
    for product in (archived, ProductFactory.build(pk=999)):
        refused(add(amy, product), 404, "product_not_found", media)
    path = f"{images_of(tea)}999/"
    for response in (amy.delete(path), amy.patch(path, {"alt": "x"})):
        assert (response.status_code, response.json()["code"]) == (404, "picture_not_found")
    assert amy.get(images_of(tea)).status_code == 405


def test_the_number_of_images_is_limited(amy, tea, media):
    ours(tea, MAX_IMAGES)
    response = add(amy, tea)
    assert (response.status_code, response.json()["code"]) == (409, "picture_limit")
    assert response.json()["limit"] == MAX_IMAGES
    assert ProductImage.objects.count() == MAX_IMAGES
    assert files_in(media) == []


def test_a_repeated_upload_gets_the_first_response(amy, tea, media):
    first, second = [add(amy, tea, key="k", alt="Pot") for _ in range(2)]
    assert (second.status_code, second.content) == (201, first.content)
    assert (second["Idempotent-Replayed"], second["Location"]) == ("true", first["Location"])
    for other in (add(amy, tea, picture(color="red"), key="k", alt="Pot"), add(amy, tea, key="k")):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert ProductImage.objects.count() == 1
    assert len(files_in(media)) == 4


def test_an_invalid_upload_does_not_use_up_the_key(amy, tea):
    assert add(amy, tea, b"nonsense", key="k").status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert add(amy, tea, key="k").status_code == 201


def test_each_change_bumps_the_revision(anyone, amy, tea):
    path = f"{LIST}{tea.pk}/"
    seen = [anyone.get(path)["ETag"]]
    image = f"{images_of(tea)}{add(amy, tea).json()['id']}/"
    for write in (lambda: None, lambda: amy.patch(image, {"alt": "x"}), lambda: amy.delete(image)):
        write()
        seen.append(anyone.get(path, headers={"If-None-Match": seen[-1]})["ETag"])
    assert len(set(seen)) == 4
    add(amy, tea, b"nonsense")
    assert anyone.get(path, headers={"If-None-Match": seen[-1]}).status_code == 304


def test_files_are_deleted_after_the_commit(amy, tea, media, django_capture_on_commit_callbacks):
    remaining, deleted = [add(amy, tea).json()["id"] for _ in range(2)]
    with django_capture_on_commit_callbacks() as callbacks:
        assert amy.delete(f"{images_of(tea)}{deleted}/").status_code == 204
    assert len(files_in(media)) == 8
    for callback in callbacks:
        callback()
    row = ProductImage.objects.get()
    assert row.pk == remaining
    left = sorted(all_names(row.large.name, row.small.name))
    assert len(left) == 4
    assert [path.relative_to(media).as_posix() for path in files_in(media)] == left


def test_a_failed_transaction_leaves_no_file(amy, tea, media):
    def fail(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "catalog_productimage"'):
            assert len(files_in(media)) == 4
            raise DatabaseError("the disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        response = add(amy, tea)
    refused(response, 503, "unavailable", media)


def test_a_failing_storage_is_a_503_and_leaves_nothing(amy, tea, media):
    media.write_text("in the folder's place")
    response = add(amy, tea)
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert not ProductImage.objects.exists()


def test_cleanup_deletes_old_orphans(amy, tea, media, capsys):
    add(amy, tea)
    had = files_in(media)
    orphans = [
        media / f"products/ab/{n * 32}-{size}.webp" for n in "ab" for size in ("large", "small")
    ]
    for path in orphans:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    yesterday = time.time() - 25 * 3600
    for path in (*had, *orphans[:2]):
        os.utime(path, (yesterday, yesterday))
    call_command("cleanup", "--keep-files")
    assert "files" not in capsys.readouterr().out
    stopped = Event()
    stopped.set()
    with until(stopped):
        call_command("cleanup")
    assert "0 files without an image deleted" in capsys.readouterr().out
    call_command("cleanup")
    assert "2 files without an image deleted" in capsys.readouterr().out
    assert files_in(media) == sorted([*had, *orphans[2:]])


def test_images_need_no_additional_statement(anyone, tea):
    def statements():
        revision.clear_caches()
        paths = (LIST, f"{LIST}{tea.pk}/")
        return [count_statements(partial(anyone.get, path)) for path in paths]

    without = statements()
    ours(tea, MAX_IMAGES)
    assert statements() == without
    assert len(anyone.get(f"{LIST}{tea.pk}/").json()["images"]) == MAX_IMAGES


def test_an_image_on_another_host_keeps_its_url(anyone, tea):
    url = "https://elsewhere.example.com/pot.jpg"
    ProductImage.objects.create(product=tea, source_url=url)
    image = anyone.get(f"{LIST}{tea.pk}/").json()["image"]
    assert (image["large"], image["small"], image["srcset"]) == (url, url, "")
    assert (image["width"], image["height"], image["placeholder"]) == (None, None, "")


def test_images_of_an_older_release_get_their_sizes(anyone, amy, tea, media):
    """A file that is missing is left out, and tried again by the next run."""
    shown = add(amy, tea, picture(size=(800, 600))).json()
    row = ProductImage.objects.get()
    sizes = files_in(media)
    for path in sizes:
        if path.stem.endswith(("-medium", "-thumbnail")):
            path.unlink()
    ProductImage.objects.update(width=None, height=None, placeholder="")
    ours(tea)
    before = anyone.get(f"{LIST}{tea.pk}/").json()["images"][0]
    assert (before["srcset"], before["width"]) == ("", None)
    call_command("complete_catalog")
    after = anyone.get(f"{LIST}{tea.pk}/").json()["images"][0]
    assert (after["srcset"], after["width"], after["height"]) == (shown["srcset"], 800, 600)
    assert after["placeholder"].startswith("data:image/webp;base64,")
    assert files_in(media) == sizes
    assert ProductImage.objects.exclude(pk=row.pk).get().width is None


@pytest.mark.django_db(transaction=True)
def test_concurrent_uploads_do_not_exceed_the_limit(amy, tea, media):
    ours(tea, MAX_IMAGES - 2)
    responses = times(5, lambda: add(amy, tea))
    assert sorted(response.status_code for response in responses) == [201, 201, 409, 409, 409]
    assert ProductImage.objects.count() == MAX_IMAGES
    assert len(files_in(media)) == 8


@pytest.mark.django_db(transaction=True)
def test_duplicate_uploads_add_one_image(amy, tea, media):
    responses = times(4, lambda: add(amy, tea, key="k"))
    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    row = ProductImage.objects.get()
    assert all(default_storage.exists(name) for name in (row.large.name, row.small.name))
    assert len(files_in(media)) == 4
