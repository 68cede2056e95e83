"""Keys of e-mail addresses: one for all spellings of an address.

A domain with other letters than ASCII has two spellings, ``bücher.example`` and the punycode
``xn--bcher-kva.example`` (IDNA 2008, RFC 5890). Software replaces one by the other.
"""

import unicodedata

import idna


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
