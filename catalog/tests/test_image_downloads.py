"""The worker downloads the images of imports from real servers, which also fail."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from threading import Event as Flag

import pytest
from django.core.management import call_command
from django.db.models import F

from catalog.images import downloads
from catalog.models import ImageDownload, Product, ProductImage
from catalog.tests.exchange import everything, import_content
from catalog.tests.uploads import picture
from shop.core import tasks
from shop.core.outbound import Limits
from shop.testing.marks import on_one_engine
from shop.testing.receiver import DROP, Reply, receiving

pytestmark = [pytest.mark.django_db, on_one_engine]

IMAGE = Reply(200, {"Content-Type": "image/png"}, picture())


@pytest.fixture(autouse=True)
def _settings(settings, monkeypatch, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    settings.OUTBOUND_SCHEMES = ("http", "https")
    settings.OUTBOUND_PRIVATE_NETWORKS = (ip_network("127.0.0.1/32"),)
    monkeypatch.setattr(tasks, "_due", {})
    tasks.register_due("image downloads", downloads.enqueue_due)


@pytest.fixture
def host():
    with receiving() as server:
        server.usual = IMAGE
        yield server


def table(*urls):
    images = "".join(f"picture,tea,,,{url}\n" for url in urls)
    return f"row,slug,name,price,picture\nproduct,tea,Tea,1.00,\n{images}"


def work():
    tasks.enqueue_due()
    tasks.run_tasks("test", Flag())


def pass_time():
    ImageDownload.objects.update(next_attempt_at=F("next_attempt_at") - timedelta(hours=7))


def test_an_external_address_is_used_until_the_image_is_here(host, anyone, capsys):
    content = table(f"{host.url}/tea.png")
    import_content(content)
    page = f"/api/products/{Product.objects.get().pk}/"
    (before,) = anyone.get(page).json()["images"]
    assert before["large"] == f"{host.url}/tea.png"
    work()
    work()
    assert [request.path for request in host.requests] == ["/tea.png"]
    (after,) = anyone.get(page).json()["images"]
    assert after["large"].endswith("-large.webp")
    image = ProductImage.objects.get()
    assert (image.source_url, image.large.storage.exists(image.large.name)) == ("", True)
    rows = everything()
    assert import_content(content)[0] == (0, 0, 1, 0)
    assert everything() == rows
    call_command("image_downloads")
    assert capsys.readouterr().out == "1 images downloaded, 0 waiting, 0 failed\n"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(503), "The host responded with 503."),
        (Reply(429), "The host responded with 429."),
        (DROP, "The connection failed"),
    ],
)
def test_a_failure_that_may_end_is_tried_again(host, reply, error):
    host.replies = [reply]
    import_content(table(f"{host.url}/tea.png"))
    work()
    work()
    row = ImageDownload.objects.get()
    assert (row.status, row.attempts, row.last_error.startswith(error)) == ("waiting", 1, True)
    pass_time()
    work()
    assert ImageDownload.objects.get().status == "done"
    assert len(host.requests) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404), "The host responded with 404."),
        (Reply(200, {"Content-Type": "text/html"}, b"<p>"), "The host responded with text/html"),
        (Reply(200, {"Content-Type": "image/png"}, b"no"), "The file is not a "),
    ],
)
def test_what_is_no_image_is_given_up_and_can_be_tried_again(host, reply, error, capsys):
    host.replies = [reply]
    import_content(table(f"{host.url}/tea.png"))
    work()
    pass_time()
    work()
    row = ImageDownload.objects.get()
    assert (row.status, row.last_error.startswith(error)) == ("failed", True)
    assert ProductImage.objects.get().source_url == f"{host.url}/tea.png"
    assert len(host.requests) == 1
    call_command("image_downloads", "--retry")
    assert f"failed {host.url}" not in capsys.readouterr().out
    work()
    assert ImageDownload.objects.get().status == "done"


def test_an_image_that_is_too_large_is_not_stored(host, monkeypatch):
    size = len(IMAGE.body)
    monkeypatch.setattr(downloads, "LIMITS", replace(downloads.LIMITS, max_bytes=size - 1))
    import_content(table(f"{host.url}/tea.png"))
    work()
    row = ImageDownload.objects.get()
    assert (row.status, row.last_error) == ("waiting", "The response is too large.")
    monkeypatch.setattr(downloads, "LIMITS", replace(downloads.LIMITS, max_bytes=size))
    pass_time()
    work()
    assert ImageDownload.objects.get().status == "done"


def test_the_limits_of_a_download():
    assert Limits(seconds=60, max_bytes=10 * 1024 * 1024, max_redirects=3) == downloads.LIMITS


def test_each_redirection_of_a_download_is_checked_and_their_number_is_limited(host):
    with receiving() as inner:
        inner.usual = IMAGE
        private = inner.url.replace("127.0.0.1", "127.0.0.2")
        host.replies = [Reply(302, {"Location": f"{private}/tea.png"})]
        import_content(table(f"{host.url}/tea.png"))
        work()
        assert inner.requests == []
    row = ImageDownload.objects.get()
    assert (row.status, row.last_error) == ("failed", "The host has an address that is not public.")
    further = Reply(302, {"Location": f"{host.url}/next.png"})
    host.replies = [further] * 3
    call_command("image_downloads", "--retry")
    work()
    assert ImageDownload.objects.get().status == "done"
    import_content(table(f"{host.url}/pot.png"))
    host.replies = [further] * 4
    work()
    row = ImageDownload.objects.get(url__endswith="pot.png")
    assert (row.status, row.last_error) == ("failed", "The host responded with 302.")


def test_no_private_address_is_requested(host, settings):
    settings.OUTBOUND_PRIVATE_NETWORKS = ()
    import_content(table(f"{host.url}/tea.png"))
    work()
    row = ImageDownload.objects.get()
    assert (row.status, row.last_error) == ("failed", "The host has an address that is not public.")
    assert host.requests == []


def test_images_of_earlier_imports_are_downloaded_on_demand(host, capsys, admin_browser):
    import_content(table(f"{host.url}/tea.png"))
    ImageDownload.objects.all().delete()
    call_command("image_downloads", "--existing")
    assert capsys.readouterr().out.splitlines() == [
        "1 images will be downloaded",
        "0 images downloaded, 1 waiting, 0 failed",
    ]
    page = admin_browser.get("/admin/catalog/product/import/").content.decode()
    assert "0 images downloaded, 1 waiting, 0 failed." in page


def test_staff_see_downloads_and_try_those_that_failed_again(host, admin_browser):
    host.replies = [Reply(404)]
    import_content(table(f"{host.url}/a.png", f"{host.url}/b.png"))
    ImageDownload.objects.filter(url__endswith="/b.png").update(
        next_attempt_at=F("next_attempt_at") + timedelta(hours=1)
    )
    work()
    failed, waiting = ImageDownload.objects.order_by("pk")
    assert (failed.status, waiting.status) == ("failed", "waiting")
    page = "/admin/catalog/imagedownload/"
    shown = admin_browser.get(page, {"status__exact": "failed"}).content.decode()
    assert "The host responded with 404." in shown
    assert f'<a href="/admin/catalog/product/{Product.objects.get().pk}/change/">Tea</a>' in shown
    assert waiting.url not in shown
    assert waiting.url in admin_browser.get(page, {"q": "b.png"}).content.decode()
    chosen = {"action": "retry", "_selected_action": [failed.pk, waiting.pk]}
    answer = admin_browser.post(page, chosen, follow=True).content.decode()
    assert "1 downloads will be tried again." in answer
    before = waiting.next_attempt_at
    waiting.refresh_from_db()
    assert waiting.next_attempt_at == before
    work()
    failed.refresh_from_db()
    assert (failed.status, failed.image.source_url) == ("done", "")
