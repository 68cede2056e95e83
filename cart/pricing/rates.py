"""The rate that applies at a place: of tax for a class, and of a shipping method for a parcel."""

from decimal import Decimal

from cart.pricing.types import Destination, Method, Parcel, Rate


def normalize_postal_code(code: str) -> str:
    """Return a postal code, or the beginning of one, in the form that is compared."""
    return "".join(character for character in code.upper() if character.isalnum())


def table_price(method: Method, parcel: Parcel) -> Decimal | None:
    """Return the price by the table of the method: the built-in ``ShippingRates``.

    Of the rates that match, the most specific applies: one with a longer beginning of the postal
    code, then one with a region, then one with a country. Among equals, the lowest price applies.
    """
    matching = [rate for rate in method.rates if _matches(rate, parcel)]
    if not matching:
        return None
    best = max(matching, key=lambda rate: (_specificity(rate, parcel.destination), -rate.price))
    return best.price


def _matches(rate: Rate, parcel: Parcel) -> bool:
    place = parcel.destination
    return (
        (not rate.countries or place.country in rate.countries)
        and (not rate.regions or place.region in rate.regions)
        and (not rate.postal_prefixes or _matching_prefix(rate, place) > 0)
        and _within(parcel.total, rate.total_from, rate.total_below)
        and _within(parcel.weight, rate.weight_from, rate.weight_below)
    )


def _within(
    value: Decimal | int, lowest: Decimal | int | None, limit: Decimal | int | None
) -> bool:
    return (lowest is None or value >= lowest) and (limit is None or value < limit)


def _specificity(rate: Rate, place: Destination) -> tuple[int, bool, bool]:
    return _matching_prefix(rate, place), bool(rate.regions), bool(rate.countries)


def _matching_prefix(rate: Rate, place: Destination) -> int:
    """Return the length of the longest beginning of the postal code that the rate names."""
    code = normalize_postal_code(place.postal_code)
    return max((len(p) for p in rate.postal_prefixes if code.startswith(p)), default=0)
