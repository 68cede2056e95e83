"""``manage.py renew_catalog_revision``: make all that clients know of the catalog outdated."""

from typing import Any

from catalog import revision
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Needed after a restore that the shop cannot recognize."""

    help = (
        "Makes all cached responses, ETags and cursors of the changes feed outdated. Run it after "
        "you have restored an SQLite file, a snapshot of a disk, or only the data of a dump."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew the revision."""
        revision.renew()
        self.stdout.write("Clients and caches will read the catalog again.")
