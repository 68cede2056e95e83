"""The numbers by which articles are identified worldwide."""

_GTIN_LENGTHS = (8, 12, 13, 14)


def valid_gtin(barcode: str) -> str:
    """Return the GTIN in a barcode, without hyphens and spaces, or an empty text.

    Its last digit is a checksum. Numbers that shops give out themselves are not valid elsewhere:
    those beginning with 2 or 02, and 04 (GS1 General Specifications, section 1.4).
    """
    digits = barcode.replace("-", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) in _GTIN_LENGTHS):
        return ""
    full = digits.zfill(14)
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(full))
    is_internal = len(digits) > 8 and full[1:3] in {"02", "04", *map(str, range(20, 30))}
    return "" if weighted % 10 or is_internal or not int(full) else digits
