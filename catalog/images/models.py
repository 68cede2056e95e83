"""Images of products."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.limits import ALT_LENGTH, IMAGE_URL_LENGTH
from catalog.products.models import Product
from shop.core.due_rows import WAITING, DueQuerySet, DueRow
from shop.core.translations import Member, TranslationsField

IMAGE_MEMBERS = {"alt": Member(ALT_LENGTH, label=_("Alternative text"))}
"""What of an image can be translated."""


class ProductImage(models.Model):
    """An image, which is either two processed files or the URL of a file on another host.

    ``large`` and ``small`` are encoded from the pixels of the upload and contain no metadata.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    large = models.ImageField(upload_to="products", blank=True, editable=False)
    small = models.ImageField(upload_to="products", blank=True, editable=False)
    source_url = models.URLField(
        max_length=IMAGE_URL_LENGTH,
        blank=True,
        default="",
        help_text="The URL of an image on another host.",
    )
    alt = models.CharField(
        max_length=ALT_LENGTH,
        blank=True,
        default="",
        verbose_name="alternative text",
        help_text="A description of the image for screen readers.",
    )
    translations = TranslationsField(members=IMAGE_MEMBERS)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Images are sorted by position, then by id."
    )
    width = models.PositiveIntegerField(
        null=True, editable=False, help_text="Pixels of the large size; NULL if not known."
    )
    height = models.PositiveIntegerField(
        null=True, editable=False, help_text="Pixels of the large size; NULL if not known."
    )
    placeholder = models.TextField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="A data URI of a few pixels, which is shown until the image has loaded.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(large="") & Q(small="") & ~Q(source_url=""))
                | (~Q(large="") & ~Q(small="") & Q(source_url="")),
                name="productimage_is_ours_or_theirs",
                violation_error_message=_("An image needs either two files or a URL."),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "position", "id"], name="productimage_in_order"),
        ]

    def __str__(self) -> str:
        return self.alt or f"Image {self.pk}"


class DownloadStatus(models.TextChoices):
    """The status of a download."""

    WAITING = WAITING, _("Waiting")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class ImageDownloadQuerySet(DueQuerySet["ImageDownload"]):
    """Reads and guarded updates of downloads."""


class ImageDownload(DueRow):
    """The download of an image that an import found on another host.

    It is kept afterwards, so that another import finds the image by its URL. Only
    ``catalog.images.downloads`` writes it.
    """

    image = models.OneToOneField(ProductImage, on_delete=models.CASCADE, related_name="download")
    url = models.CharField(max_length=IMAGE_URL_LENGTH)
    status = models.CharField(
        max_length=10, choices=DownloadStatus.choices, default=DownloadStatus.WAITING
    )
    enqueued_until = models.DateTimeField(
        null=True, help_text="Until then, a task for it is expected to run."
    )

    objects = ImageDownloadQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=DownloadStatus.values),
                name="imagedownload_status_known",
                violation_error_message=_("The status of a download must be a known one."),
            ),
            models.CheckConstraint(
                condition=Q(status=WAITING, ended_at=None)
                | (~Q(status=WAITING) & Q(ended_at__isnull=False)),
                name="imagedownload_waiting_or_ended",
                violation_error_message=_("A download must either wait or have ended."),
            ),
        ]
        indexes = [
            # the worker, which looks for downloads that are due
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(status=WAITING),
                name="imagedownload_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.url
