"""Pictures of products: POST, PATCH and DELETE below /api/products/{id}/images/, and their files."""

import os
import time
from functools import partial
from io import BytesIO

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
from catalog.limits import MAX_IMAGES
from catalog.models import ProductImage
from catalog.tests.uploads import announcing, files_in, picture, upload
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
    """Rows of pictures whose files nobody has drawn."""
    return ProductImage.objects.bulk_create(
        ProductImage(
            product=product, large=f"products/00/{n}", small=f"products/00/{n}s", position=n
        )
        for n in range(number)
    )


def refused(answer, status, code, media):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert not ProductImage.objects.exists()
    assert files_in(media) == []
    return answer.json()


def test_a_picture_is_shown_wherever_its_product_is(anyone, amy, tea, media):
    added = add(amy, tea, picture(size=(800, 600)), alt="A pot")
    shown = added.json()
    assert (added.status_code, added["Location"]) == (201, f"{images_of(tea)}{shown['id']}/")
    row = ProductImage.objects.get()
    assert shown == {
        "id": row.pk,
        "large": f"http://testserver/media/{row.large.name}",
        "small": f"http://testserver/media/{row.small.name}",
        "alt": "A pot",
        "position": 0,
    }
    assert anyone.get(LIST).json()["products"][0]["image"] == shown
    page = anyone.get(f"{LIST}{tea.pk}/").json()
    assert (page["image"], page["images"]) == (shown, [shown])
    assert anyone.get(f"{LIST}changes/").json()["products"][0]["images"] == [shown]
    assert [path.stat().st_size > 0 for path in files_in(media)] == [True, True]


def test_links_to_pictures_are_those_of_the_host_that_was_asked(anyone, amy, tea):
    add(amy, tea)
    for host in ("localhost", "127.0.0.1"):
        product = anyone.get(LIST, headers={"Host": host}).json()["products"][0]
        assert product["image"]["large"].startswith(f"http://{host}/media/products/")


def test_a_file_is_served_for_ever_and_as_what_it_is(amy, tea):
    path = add(amy, tea, picture(size=(800, 600))).json()["small"].removeprefix("http://testserver")
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Image.open(BytesIO(answer.content)).size == (400, 300)
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
def test_nothing_else_is_served(db, media, name):
    media.mkdir()
    (media / "secret").write_text("x")
    assert Client().get(f"/media/{name}").status_code == 404


def test_no_name_of_a_client_reaches_the_disk(amy, tea, media):
    for name in ("../../evil.py", "pot.php.png", "x" * 300):
        body = {"image": upload(name=name)}
        assert amy.post(images_of(tea), body, format="multipart").status_code == 201
    names = [path.relative_to(media).as_posix() for path in files_in(media)]
    assert len(names) == 6
    assert all(name.startswith("products/") and name.endswith(".webp") for name in names)
    assert not any("evil" in name or "pot" in name or "xxx" in name for name in names)


def test_pictures_are_in_the_order_that_staff_say(anyone, amy, tea):
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


def test_a_variant_has_pictures_of_its_own(anyone, amy, db):
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
        (b"x" * (10 * 1024 * 1024 + 1), 413, "picture_too_large"),
        (b"x" * (11 * 1024 * 1024), 413, "body_too_large"),
    ],
)
def test_what_is_no_fit_picture_is_refused(amy, tea, media, content, status, code):
    said = refused(add(amy, tea, content), status, code, media)
    if code == "picture_invalid":
        assert said["errors"][0]["field"] == "image"
        assert "JPEG, PNG, WebP or GIF" in said["detail"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "image"),
        ({"image": "pot.png"}, "image"),
        ({"image": None, "position": "-1"}, "position"),
        ({"image": None, "position": "32768"}, "position"),
        ({"image": None, "position": "first"}, "position"),
        ({"image": None, "alt": "x" * 201}, "alt"),
        ({"image": None, "alt": "a\x00b"}, "alt"),
    ],
)
def test_a_form_that_breaks_a_rule_is_refused(amy, tea, media, form, field):
    if not isinstance(form.get("image", ""), str):
        form = form | {"image": upload(form["image"])}
    answer = amy.post(images_of(tea), form, format="multipart")
    assert refused(answer, 400, "invalid", media)["errors"][0]["field"] == field


def test_a_picture_comes_in_a_form_and_what_is_said_of_it_as_json(amy, tea, media):
    as_json = amy.post(images_of(tea), {"image": "x"})
    assert refused(as_json, 415, "unsupported_media_type", media)
    (row,) = ours(tea)
    form = amy.patch(f"{images_of(tea)}{row.pk}/", {"alt": "x"}, format="multipart")
    assert form.status_code == 415
    elsewhere = amy.post(LIST, {"name": "Pot", "price": "1"}, format="multipart")
    assert elsewhere.status_code == 415


@pytest.mark.parametrize("path", ["/api/cart/add/", LIST, f"{LIST}1/stock/"])
def test_bodies_are_small_everywhere_else(amy, path):
    answer = amy.post(path, {"image": upload(b"x" * 300_000)}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.json()["limit"] == 262_144


def staff_with(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return Caller(user)


def test_each_verb_wants_its_permission(anyone, ada, tea, media):
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


def test_what_is_not_there_is_a_404(amy, tea, media):
    gone = ProductFactory()
    services.archive_product(product_id=gone.pk)
    for product in (gone, ProductFactory.build(pk=999)):
        refused(add(amy, product), 404, "product_not_found", media)
    for verb in (amy.delete, amy.patch):
        answer = verb(f"{images_of(tea)}999/", {"alt": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")
    assert amy.get(images_of(tea)).status_code == 405


def test_a_product_has_so_many_pictures_and_no_more(amy, tea, media):
    ours(tea, MAX_IMAGES)
    answer = add(amy, tea)
    assert (answer.status_code, answer.json()["code"]) == (409, "picture_limit")
    assert answer.json()["limit"] == MAX_IMAGES
    assert ProductImage.objects.count() == MAX_IMAGES
    assert files_in(media) == []


def test_the_same_key_and_picture_get_the_first_answer(amy, tea, media):
    first, second = [add(amy, tea, key="k", alt="Pot") for _ in range(2)]
    assert (second.status_code, second.content) == (201, first.content)
    assert (second["Idempotent-Replayed"], second["Location"]) == ("true", first["Location"])
    for other in (add(amy, tea, picture(color="red"), key="k", alt="Pot"), add(amy, tea, key="k")):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert ProductImage.objects.count() == 1
    assert len(files_in(media)) == 2


def test_a_mistake_is_not_remembered(amy, tea):
    assert add(amy, tea, b"nonsense", key="k").status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert add(amy, tea, key="k").status_code == 201


def test_every_write_makes_answers_old_and_what_changes_nothing_does_not(anyone, amy, tea):
    path = f"{LIST}{tea.pk}/"
    seen = [anyone.get(path)["ETag"]]
    image = f"{images_of(tea)}{add(amy, tea).json()['id']}/"
    for write in (lambda: None, lambda: amy.patch(image, {"alt": "x"}), lambda: amy.delete(image)):
        write()
        seen.append(anyone.get(path, headers={"If-None-Match": seen[-1]})["ETag"])
    assert len(set(seen)) == 4
    add(amy, tea, b"nonsense")
    assert anyone.get(path, headers={"If-None-Match": seen[-1]}).status_code == 304


def test_files_go_with_their_picture_once_that_is_certain(
    amy, tea, media, django_capture_on_commit_callbacks
):
    kept, gone = [add(amy, tea).json()["id"] for _ in range(2)]
    with django_capture_on_commit_callbacks() as callbacks:
        assert amy.delete(f"{images_of(tea)}{gone}/").status_code == 204
    assert len(files_in(media)) == 4
    for callback in callbacks:
        callback()
    row = ProductImage.objects.get()
    assert row.pk == kept
    left = sorted([row.large.name, row.small.name])
    assert [path.relative_to(media).as_posix() for path in files_in(media)] == left


def test_a_transaction_that_fails_leaves_no_file(amy, tea, media):
    def fail(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "catalog_productimage"'):
            assert len(files_in(media)) == 2
            raise DatabaseError("the disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        answer = add(amy, tea)
    refused(answer, 503, "unavailable", media)


def test_a_storage_that_fails_is_a_503_and_leaves_nothing(amy, tea, media):
    media.write_text("in the folder's place")
    answer = add(amy, tea)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not ProductImage.objects.exists()


def test_cleanup_deletes_what_no_picture_has_once_it_is_old(amy, tea, media, capsys):
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
    call_command("cleanup")
    assert "2 files without an image deleted" in capsys.readouterr().out
    assert files_in(media) == sorted([*had, *orphans[2:]])


def test_pictures_cost_no_statement(anyone, tea):
    def statements():
        revision.clear_caches()
        paths = (LIST, f"{LIST}{tea.pk}/")
        return [count_statements(partial(anyone.get, path)) for path in paths]

    without = statements()
    ours(tea, MAX_IMAGES)
    assert statements() == without
    assert len(anyone.get(f"{LIST}{tea.pk}/").json()["images"]) == MAX_IMAGES


def test_a_picture_of_another_host_is_linked_there(anyone, tea):
    url = "https://elsewhere.example.com/pot.jpg"
    ProductImage.objects.create(product=tea, source_url=url)
    image = anyone.get(f"{LIST}{tea.pk}/").json()["image"]
    assert (image["large"], image["small"]) == (url, url)


@pytest.mark.django_db(transaction=True)
def test_of_uploads_at_once_no_more_are_taken_than_there_is_room(amy, tea, media):
    ours(tea, MAX_IMAGES - 2)
    answers = times(5, lambda: add(amy, tea))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    assert ProductImage.objects.count() == MAX_IMAGES
    assert len(files_in(media)) == 4


@pytest.mark.django_db(transaction=True)
def test_of_twins_at_once_one_adds_a_picture(amy, tea, media):
    answers = times(4, lambda: add(amy, tea, key="k"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    row = ProductImage.objects.get()
    assert all(default_storage.exists(name) for name in (row.large.name, row.small.name))
    assert len(files_in(media)) == 2
