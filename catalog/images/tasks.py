"""The task that downloads images."""

from catalog.images import downloads
from shop.core.queues import DEFAULT
from shop.core.tasks import task


@task(queue_name=DEFAULT)
def download_image(download_id: int) -> None:
    """Download an image, unless another worker does."""
    downloads.download(download_id)
