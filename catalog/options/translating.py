"""The writes of translations of options. Each bumps the catalog's revision."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog import revision
from catalog.options.models import OptionTranslation
from catalog.options.services import fold_option
from shop.core.errors import InvalidField, NotFound
from shop.core.transactions import transactional
from shop.core.translations import Translations, replaced


@transactional
def create_option_translation(*, name: str, translations: Translations) -> OptionTranslation:
    """Translate an option and its values. Raises InvalidField for one that is translated."""
    row = OptionTranslation(translations=translations)
    _save(row, name)
    return row


@transactional
def update_option_translation(*, translation_id: int, **changes: Any) -> OptionTranslation:
    """Change the name of the option or the translations. Raises InvalidField, NotFound."""
    row = _lock(translation_id)
    row.translations = replaced(row.translations, changes.get("translations", row.translations))
    _save(row, changes.get("name", row.name))
    return row


@transactional
def delete_option_translation(*, translation_id: int) -> None:
    """Delete the translations of an option. Raises NotFound."""
    _lock(translation_id).delete()
    revision.bump(everything=True)


def _lock(translation_id: int) -> OptionTranslation:
    row = OptionTranslation.objects.select_for_update(no_key=True).filter(pk=translation_id).first()
    if row is None:
        raise NotFound
    return row


def _save(row: OptionTranslation, name: str) -> None:
    row.name, row.key = name, fold_option(name)
    if not row.key:
        raise InvalidField(field="name", reason=_("Enter the name of an option."))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        reason = _("This option has translations already.")
        raise InvalidField(field="name", reason=reason) from None
    revision.bump(everything=True)
