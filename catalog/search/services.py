"""The writes of synonyms. Each bumps the catalog's revision, which ends cached synonyms."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog import revision
from catalog.limits import MAX_SYNONYM_WORDS
from catalog.search.errors import SynonymNotFound
from catalog.search.models import Synonym
from catalog.search.synonyms import read_phrases
from shop.core.errors import InvalidField
from shop.core.transactions import transactional


@transactional
def create_synonym(*, words: str) -> Synonym:
    """Create a group of synonyms, separated by commas. Raises InvalidField."""
    synonym = Synonym()
    _save(synonym, words)
    return synonym


@transactional
def update_synonym(*, synonym_id: int, words: str) -> Synonym:
    """Change a group of synonyms. Raises InvalidField, SynonymNotFound."""
    synonym = _lock(synonym_id)
    _save(synonym, words)
    return synonym


@transactional
def delete_synonym(*, synonym_id: int) -> None:
    """Delete a group of synonyms. Raises SynonymNotFound."""
    _lock(synonym_id).delete()
    revision.bump()


def _lock(synonym_id: int) -> Synonym:
    found = Synonym.objects.select_for_update().filter(pk=synonym_id).first()
    if found is None:
        raise SynonymNotFound
    return found


def _save(synonym: Synonym, words: str) -> None:
    phrases = read_phrases(words)
    if len(phrases) < 2:
        reason = _("Please enter at least two words, separated by a comma.")
        raise InvalidField(field="words", reason=reason)
    if any(len(phrase) > MAX_SYNONYM_WORDS for phrase in phrases):
        reason = _("A synonym may have at most {limit} words.").format(limit=MAX_SYNONYM_WORDS)
        raise InvalidField(field="words", reason=reason)
    synonym.words = ", ".join(part for each in words.split(",") if (part := " ".join(each.split())))
    try:
        synonym.full_clean()
    except ValidationError as error:
        raise InvalidField(field="words", reason=" ".join(error.messages)) from None
    synonym.save()
    revision.bump()
