"""The full-text index, and the words that typing errors are corrected to."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.products.models import Product


class ProductSearch(models.Model):
    """The words of a product in a language, by which searches find it. Variants have no row.

    PostgreSQL searches ``vector``. SQLite searches a virtual table, whose rows have the same ids.
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, db_index=False, related_name="search_texts"
    )
    language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="The language of a translation; empty for the texts of the product itself.",
    )
    words = models.TextField(
        help_text="Lines with the words of the name, the keywords, and the category and attributes."
    )
    vector = SearchVectorField(null=True, help_text="The words with their weights; PostgreSQL's.")
    is_outdated = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The product has changed since, in a way that did not update this row.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "language"],
                name="productsearch_once",
                violation_error_message=_("The product already has words in this language."),
            )
        ]
        indexes = [
            GinIndex(fields=["vector"], name="productsearch_vector"),
            models.Index(
                fields=["product"], condition=Q(is_outdated=True), name="productsearch_outdated"
            ),
        ]

    def __str__(self) -> str:
        return self.words.partition("\n")[0]


class IndexedWord(models.Model):
    """A word of a name, a keyword, a category or an attribute."""

    word = models.CharField(max_length=40, primary_key=True)
    backwards = models.CharField(
        max_length=40, db_index=True, help_text="The word from its end, to find compounds by it."
    )

    def __str__(self) -> str:
        return self.word
