"""Give addresses with an international domain the key that both of its spellings have.

Only rows whose address is not ASCII or contains punycode are read closely, and each is changed by
itself, so that no lock lasts. If two users have the same address in two spellings, the second
keeps its key: it is named in the log and by ``manage.py audit``, and logs in by its username. The
previous release finds the changed rows by username only.
"""

import logging
import unicodedata

import idna
from django.db import IntegrityError, migrations, transaction
from django.db.models import Max, Q

logger = logging.getLogger("shop.migrations")

_STEP = 10_000


def set_keys(apps, schema_editor) -> None:  # noqa: ANN001
    """Set the keys, in steps by id."""
    users = apps.get_model("accounts", "User").objects.order_by("pk")
    international = users.filter(Q(email__regex=r"[^ -~]") | Q(email__icontains="xn--"))
    last = users.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, _STEP):
        rows = international.filter(pk__gte=start, pk__lt=start + _STEP)
        for pk, email, old in rows.values_list("pk", "email", "email_key"):
            _set_key(users, pk, email, old)


def _set_key(users, pk: int, email: str, old: str) -> None:  # noqa: ANN001
    key = fold_address(email)
    if key == old:
        return
    try:
        with transaction.atomic():
            users.filter(pk=pk, email=email, email_key=old).update(email_key=key)
    except IntegrityError:
        other = users.filter(email_key=key).values_list("pk", flat=True).first()
        logger.warning("users %s and %s have the same e-mail address in two spellings", other, pk)


# A copy of accounts.addresses, which may change after this migration.


def fold(text: str) -> str:
    """Return the key that makes a text unique: trimmed, NFKC, case-folded.

    Normalized again after folding, since folded text is not always in NFKC (Unicode Standard,
    section 3.13, D146). Takes quadratic time for long runs of accents: limit the length before.
    """
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def fold_address(text: str) -> str:
    """Return the key of an e-mail address: the folded local part, and the key of the domain."""
    local, at, domain = unicodedata.normalize("NFKC", text.strip()).rpartition("@")
    return f"{fold(local)}@{fold_domain(domain)}" if at else fold(text)


def fold_domain(domain: str) -> str:
    """Return a domain in Unicode and lower case, as UTS #46 maps it, without a dot at its end."""
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower().removesuffix(".")
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except idna.IDNAError:
        mapped = fold(domain)
    return ".".join(map(_fold_label, mapped.removesuffix(".").split(".")))


def _fold_label(label: str) -> str:
    """Return a label in Unicode. IDNA 2008 has no emoji, but some domains do."""
    try:
        return idna.ulabel(label)
    except idna.IDNAError:
        folded = fold(label)
    try:
        decoded = folded.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return folded
    # Not if it would become a label that has another spelling already, or no text.
    is_text = all(unicodedata.category(character)[0] in "LMNS" for character in decoded)
    is_own = folded.startswith("xn--") and not decoded.isascii() and fold(decoded) == decoded
    return decoded if is_own and is_text else folded


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0004_constraint_messages")]

    operations = [migrations.RunPython(set_keys, migrations.RunPython.noop, elidable=True)]
