"""The writes of tax classes."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from catalog.errors import SlugTaken
from catalog.limits import TAX_CLASS_CODE_LENGTH
from catalog.products.models import Product
from catalog.tax_classes.errors import TaxClassInUse
from catalog.tax_classes.models import TaxClass
from shop.core.errors import InvalidField, NotFound
from shop.core.slugs import fold, is_slug
from shop.core.transactions import transactional


@transactional
def create_tax_class(*, code: str, name: str) -> TaxClass:
    """Create a tax class. Its code is stored in lower case. Raises SlugTaken, InvalidField."""
    tax_class = TaxClass(code=normalize_code(code), name=name)
    try:
        tax_class.full_clean(validate_unique=False)
    except ValidationError as error:
        raise InvalidField(field="code", reason=" ".join(error.messages)) from None
    try:
        with transaction.atomic():
            tax_class.save()
    except IntegrityError:
        raise SlugTaken(slug=tax_class.code) from None
    return tax_class


@transactional
def rename_tax_class(*, tax_class_id: int, name: str) -> TaxClass:
    """Change the name. The code stays, because products, files and rates refer to it.

    Raises NotFound.
    """
    tax_class = _lock(tax_class_id)
    tax_class.name = name
    tax_class.save(update_fields=["name"])
    return tax_class


@transactional
def delete_tax_class(*, tax_class_id: int) -> None:
    """Delete a tax class that nothing refers to. Raises NotFound, TaxClassInUse."""
    tax_class = _lock(tax_class_id)
    products = Product.objects.filter(tax_class=tax_class).count()
    if products:
        raise TaxClassInUse(products=products)
    try:
        tax_class.delete()
    except ProtectedError:
        raise TaxClassInUse(products=products) from None


def check_tax_classes(codes: Iterable[str | None]) -> None:
    """Check that products may have these tax classes; None is the standard rate.

    Locks them until the end of the transaction, so that they are not deleted before. Raises
    InvalidField, which lists what is allowed.
    """
    wanted = {code for code in codes if code is not None}
    if not wanted:
        return
    locked = TaxClass.objects.select_for_update(no_key=True).filter(code__in=wanted)
    if wanted - {tax_class.code for tax_class in locked.order_by("code")}:
        raise InvalidField(field="tax_class", reason=unknown_tax_class())


def unknown_tax_class() -> str:
    """Return the reason of an error about a tax class that does not exist. One statement."""
    codes = ", ".join(TaxClass.objects.order_by("code").values_list("code", flat=True))
    if not codes:
        return _("This tax class does not exist. There are no tax classes.")
    return _("This tax class does not exist. Existing tax classes: {codes}.").format(codes=codes)


def normalize_code(code: str) -> str:
    """Return the form in which a code is stored. Text that is no code is returned as it is."""
    folded = fold(code.strip())
    return folded if is_slug(folded) and len(folded) <= TAX_CLASS_CODE_LENGTH else code


def _lock(tax_class_id: int) -> TaxClass:
    found = TaxClass.objects.select_for_update().filter(pk=tax_class_id).first()
    if found is None:
        raise NotFound
    return found
