"""``manage.py image_downloads``: the images that the worker downloads."""

from argparse import ArgumentParser
from typing import Any

from catalog.images import downloads
from catalog.images.models import DownloadStatus, ImageDownload
from shop.management.base import ShopCommand

_EXAMPLES = 20


class Command(ShopCommand):
    """Prints how many images were downloaded, and those that failed."""

    help = "Prints how many images of imports the worker has downloaded, and which have failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--retry", action="store_true", help="Try those that failed again.")
        parser.add_argument(
            "--existing",
            action="store_true",
            help="Download all images that are on other hosts, also those of earlier imports.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the progress."""
        if options["existing"]:
            self.stdout.write(f"{downloads.queue_existing():,} images will be downloaded")
        if options["retry"]:
            self.stdout.write(f"{downloads.retry_failed():,} images will be tried again")
        self.stdout.write(str(downloads.progress()))
        failed = ImageDownload.objects.filter(status=DownloadStatus.FAILED).order_by("-pk")
        for row in failed[:_EXAMPLES]:
            self.stdout.write(f"failed {row.url}: {row.last_error}")
