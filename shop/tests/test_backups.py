"""docs/operations/backup.sh and restore.sh: a shop is backed up while it sells, lost, and restored."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from django.db import connection

from shop.testing.databases import migrated_database
from shop.testing.postgres import programs
from shop.testing.server import environment_for, manage, running_shop, send
from shop.testing.serving import url_of_the_tests_database
from shop.testing.storm.customer import Customer
from shop.testing.storm.database_checks import FINAL_STATUSES, StoredPurchases
from shop.testing.storm.observations import Observations
from shop.testing.storm.rows import read
from shop.testing.storm.scenario import list_products

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "docs" / "operations"

# No worker settles what is pending.
STATUSES = FINAL_STATUSES | {"pending": FINAL_STATUSES["pending"] | {"pending"}}


@contextmanager
def database(tmp_path, monkeypatch):
    """Yield the URL of a migrated database, and a function that destroys it."""
    with migrated_database(url_of_the_tests_database(), tmp_path) as url:
        if connection.vendor == "sqlite":
            yield url, lambda: [path.unlink() for path in tmp_path.glob("db.sqlite3*")]
            return
        folder = urlsplit(url).path.rpartition("/")[0]
        if folder:  # of a socket: libpq takes none from the path
            monkeypatch.setenv("PGHOST", folder.removeprefix("/"))
        empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1"
        yield url.replace(folder, "", 1), lambda: read(url, empty)


def run(script, folder, environment):
    path = f"{programs()}:{os.environ['PATH']}" if connection.vendor != "sqlite" else ""
    return subprocess.run(
        [SCRIPTS / script, folder],
        env=environment | {"PYTHON": sys.executable} | ({"PATH": path} if path else {}),
        check=False,
        capture_output=True,
        text=True,
    )


class Rounds:
    """An event that is set after a number of looks."""

    def __init__(self, number):
        self.left = number

    def is_set(self):
        self.left -= 1
        return self.left < 0


@contextmanager
def buying(url, products, observed):
    """Let a customer buy meanwhile."""
    stop = Event()
    thread = Thread(target=Customer([url], 2, products, observed).run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()


def put_pictures(folder):
    """Write some files into a new folder, and return their contents by name."""
    for number in range(3):
        path = folder / "products" / str(number) / "large.webp"
        path.parent.mkdir(parents=True)
        path.write_bytes(os.urandom(1000))
    return files_of(folder)


def files_of(folder):
    """Return the contents of all files by name."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_a_shop_is_restored_from_a_backup_that_was_made_while_it_sold(tmp_path, monkeypatch):
    media, observed = tmp_path / "media", Observations()
    with database(tmp_path, monkeypatch) as (url, destroy):
        settings = {"MEDIA_ROOT": str(media), "PGHOST": os.environ.get("PGHOST", "")}
        environment = environment_for(url, **settings)
        manage(environment, "seed_demo", "--without-pictures")
        products, pictures = list_products(url), put_pictures(media)
        with running_shop(url, **settings) as shop:
            early = Customer([shop.url], 1, products, observed)
            early.run(Rounds(5))
            with buying(shop.url, products, observed):
                made = run("backup.sh", tmp_path / "backups", environment)
            assert made.returncode == 0, made.stderr
            etag = send(shop.url, "GET", "/api/products/").headers["ETag"]
        destroy()
        shutil.rmtree(media)
        folder = Path(made.stdout.strip())
        restored = run("restore.sh", folder, environment)
        assert restored.returncode == 0, restored.stderr
        assert "no breach" in restored.stdout
        assert observed.violations == []
        assert len(early.confirmed.orders) >= 1
        assert StoredPurchases(url).differences(early.confirmed, STATUSES) == []
        assert files_of(media) == pictures
        with running_shop(url, **settings) as shop:
            answer = send(shop.url, "GET", "/api/products/", if_none_match=etag)
            assert answer.status == 200
        orders = set(StoredPurchases(url).orders)
        assert run("restore.sh", folder, environment).returncode != 0
        assert set(StoredPurchases(url).orders) == orders


def test_a_backup_that_fails_leaves_no_folder_with_its_final_name(tmp_path):
    environment = environment_for("sqlite:////nowhere/db.sqlite3", MEDIA_ROOT=str(tmp_path / "m"))
    made = run("backup.sh", tmp_path / "backups", environment)
    assert made.returncode != 0
    assert [path.suffix for path in (tmp_path / "backups").iterdir()] == [".part"]
