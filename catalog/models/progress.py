"""How far the worker has followed the changes of the catalog."""

from django.db import models


class CatalogProgress(models.Model):
    """The catalog's revision up to which a scheduled job has read the changes."""

    job = models.CharField(max_length=50, unique=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.job} up to {self.number}"
