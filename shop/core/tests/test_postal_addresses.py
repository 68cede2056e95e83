"""Postal addresses: what each country asks for, what is refused, and what is stored."""

import pytest
from django.utils import translation

from shop.core.countries import region_code, regions_of
from shop.core.postal_addresses import (
    LENGTHS,
    AddressSerializer,
    CompleteAddressSerializer,
    PostalAddress,
    missing_fields,
)
from shop.testing.marks import on_one_database

pytestmark = on_one_database

ADA = {"name": "Ada", "line1": "Street 1"}


def read(values, serializer=AddressSerializer):
    """Return the address that is stored."""
    reader = serializer(data=values)
    reader.is_valid(raise_exception=True)
    return PostalAddress.from_json(reader.validated_data)


def errors_of(values, serializer=AddressSerializer):
    """Return the code and the sentence of each error by member."""
    reader = serializer(data=values)
    assert not reader.is_valid()
    return {name: (errors[0].code, str(errors[0])) for name, errors in reader.errors.items()}


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            {"country": "DE", "postal_code": "10119", "city": "Berlin"},
            ["Ada", "Street 1", "10119 Berlin", "Germany"],
        ),
        (
            {"country": "US", "postal_code": "94103-1234", "city": "Reno", "region": "Nevada"},
            ["Ada", "Street 1", "Reno, Nevada 94103-1234", "United States of America"],
        ),
        (
            {"country": "GB", "postal_code": "sw1a2aa", "city": "London"},
            ["Ada", "Street 1", "London", "sw1a2aa", "United Kingdom"],
        ),
        (
            {
                "country": "JP",
                "postal_code": "〒１５１－００５３",
                "region": "東京都",
                "line1": "代々木1",
            },
            ["〒１５１－００５３", "東京都", "代々木1", "Ada", "Japan"],
        ),
        (
            {"country": "JP", "postal_code": "1510053", "region": "Tokyo", "city": "Shibuya"},
            ["Ada", "Street 1, Tokyo", "1510053", "Shibuya", "Japan"],
        ),
        (
            {"country": "IT", "postal_code": "00184", "city": "Roma", "region": "RM"},
            ["Ada", "Street 1", "00184 Roma RM", "Italy"],
        ),
        (
            {"country": "ES", "postal_code": "28001", "city": "Getafe", "region": "Madrid"},
            ["Ada", "Street 1", "28001 Getafe Madrid", "Spain"],
        ),
        (
            {"country": "FR", "postal_code": "75 001", "city": "Paris", "company": "Café"},
            ["Café", "Ada", "Street 1", "75 001 Paris", "France"],
        ),
        (
            {"country": "IE", "city": "Dublin", "postal_code": "D02 AF30", "line2": "Flat 2"},
            ["Ada", "Street 1", "Flat 2", "Dublin", "D02 AF30", "Ireland"],
        ),
        ({"country": "HK", "region": "Kowloon"}, ["Ada", "Street 1", "Kowloon", "Hong Kong"]),
        (
            {"country": "BR", "postal_code": "01310100", "city": "Santos", "region": "SP"},
            ["Ada", "Street 1", "Santos-SP", "01310100", "Brazil"],
        ),
        (
            {"country": "CH", "postal_code": "CH-8001", "city": "Zürich"},
            ["Ada", "Street 1", "CH-8001 Zürich", "Switzerland"],
        ),
        (
            {"country": "AE", "name": "مريم 👩‍🚀", "line1": "شارع ١", "region": "دبي"},
            ["مريم 👩‍🚀", "شارع ١", "دبي", "United Arab Emirates"],
        ),
    ],
)
def test_a_complete_address_is_stored_as_it_was_typed(address, lines):
    stored = read({**ADA, **address}, CompleteAddressSerializer)
    assert stored.to_json() == {**dict.fromkeys(LENGTHS, ""), **ADA, **address}
    assert stored.lines() == lines
    assert PostalAddress.from_json(stored.to_json()) == stored


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ({}, ["name", "line1", "city", "country"]),
        ({"country": "DE", "postal_code": "10115"}, ["name", "line1", "city"]),
        ({"country": "JP", "city": "Tokyo"}, ["postal_code", "region", "line1", "name"]),
        ({**ADA, "country": "SG"}, ["postal_code"]),
        ({**ADA, "country": "IT", "city": "Roma", "postal_code": "00184"}, ["region"]),
        ({**ADA, "country": "ES", "city": "Getafe", "postal_code": "28001"}, ["region"]),
        ({**ADA, "country": "HK"}, ["region"]),
        ({**ADA, "country": "IE", "city": "Dublin"}, []),
        ({"company": "ACME", "line1": "1", "country": "IE", "city": "Dublin"}, []),
        (
            {"name": " \u3000", "line1": "\u200b", "city": None, "country": "IE"},
            ["name", "line1", "city"],
        ),
    ],
)
def test_an_incomplete_address_is_stored_and_says_what_is_missing(address, missing):
    assert missing_fields(read(address)) == missing


def test_what_is_missing_is_named_with_the_words_of_the_country():
    assert errors_of({"country": "US", "city": "Reno", **ADA}, CompleteAddressSerializer) == {
        "region": ("required", "Please fill in: State."),
        "postal_code": ("required", "Please fill in: ZIP code."),
    }
    with translation.override("de"):
        assert errors_of({"country": "DE", "city": "Ulm", **ADA}, CompleteAddressSerializer) == {
            "postal_code": ("required", "Bitte füllen Sie aus: Postleitzahl."),
        }


@pytest.mark.parametrize(
    ("country", "postal_code", "sentence"),
    [
        ("DE", "1234", "Postal code (Germany): “1234” is not valid. Example: 26133."),
        (
            "US",
            "ABCDE",
            "ZIP code (United States of America): “ABCDE” is not valid. Example: 95014.",
        ),
        ("IE", "D02", "Eircode (Ireland): “D02” is not valid. Example: A65 F4E2."),
        (
            "GB",
            "GIR 0AAX",
            "Postal code (United Kingdom): “GIR 0AAX” is not valid. Example: EC1Y 8SY.",
        ),
    ],
)
def test_a_postal_code_of_another_form_is_refused(country, postal_code, sentence):
    found = errors_of({"country": country, "postal_code": postal_code})
    assert found == {"postal_code": ("invalid", sentence)}


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [
        ("US", "941031234"),
        ("US", "94103 1234"),
        ("PL", "00950"),
        ("PT", "1000 205"),
        ("LV", "1010"),
        ("AD", "500"),
        ("DE", "D-10119"),
        ("DE", "1 0 1 1 9"),
        ("CA", "k1a-0b1"),
        ("NL", "1234ab"),
        ("JP", "154ー0023"),
    ],
)
def test_a_postal_code_may_be_spelt_in_other_ways(country, postal_code):
    assert read({"country": country, "postal_code": postal_code}).postal_code == postal_code


def test_a_country_without_postal_codes_accepts_any():
    assert read({"country": "HK", "postal_code": "00000"}).postal_code == "00000"


@pytest.mark.parametrize("country", ["XX", "DEU", "D", "ZZ", "Germany", "ｄｅ"])
def test_an_unknown_country_is_refused(country):
    [(code, sentence)] = errors_of({"country": country}).values()
    assert code == "country"
    assert sentence == (
        f"“{country.upper()}” is not the code of a country. Use two letters, such as DE."
    )


def test_the_code_of_a_country_is_stored_in_capital_letters():
    assert read({"country": " de "}) == PostalAddress(country="DE")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\nb", "characters"),
        ("a\x00b", "characters"),
        ("a\u202eb", "characters"),
        ("a\ud800b", "characters"),
        ("x" * 201, "max_length"),
        ("e\u0301" * 201, "max_length"),
        (7, "invalid"),
        ({"a": 1}, "invalid"),
    ],
)
def test_text_that_cannot_be_stored_is_refused(text, code):
    assert errors_of({"name": text})["name"][0] == code


def test_text_is_trimmed_and_composed():
    assert read({"name": "\u00a0 Andre\u0301\n", "company": "e\u0301" * 200}) == PostalAddress(
        name="André", company="é" * 200
    )


def test_an_unknown_member_is_refused_with_the_nearest_name():
    assert errors_of({"postalcode": "1"}) == {
        "postalcode": ("unknown_field", 'Unknown member "postalcode"; did you mean "postal_code"?')
    }


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("DE", "030 123456", "+4930123456"),
        ("DE", "0043 1 58858-0", "+431588580"),
        ("", "+44 20 7946 0958", "+442079460958"),
        ("US", "555-0100", "+15550100"),
        ("US", "(415) 555-2671 ext. 5", "+14155552671"),
    ],
)
def test_a_phone_number_is_stored_in_its_international_form(country, typed, stored):
    assert read({"country": country, "phone": typed}).phone == stored


@pytest.mark.parametrize(
    ("country", "typed"),
    [("DE", "12"), ("", "030 123456"), ("DE", "+49 30 123456789012345"), ("DE", "call me")],
)
def test_an_impossible_phone_number_is_refused(country, typed):
    assert errors_of({"country": country, "phone": typed}) == {
        "phone": (
            "invalid",
            "Please enter a phone number with its country code, such as +49 30 123456.",
        )
    }


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("DE", "DE 136,695 976", "DE136695976"),
        ("DE", "136695976", "DE136695976"),
        ("DE", "ATU13585627", "ATU13585627"),
        ("GR", "094259216", "EL094259216"),
        ("GB", "gb 980 7806 84", "GB980780684"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("CH", "CHE-107.787.577", "CHE107787577"),
        ("NO", "995 525 828", "NO995525828MVA"),
        ("US", "12-3456789", "12-3456789"),
    ],
)
def test_a_vat_number_is_stored_without_separators(country, typed, stored):
    assert read({"country": country, "vat_number": typed}).vat_number == stored


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("DE", "DE136695975"),
        ("GB", "802311781"),
        ("CH", "CHE-107.787.578 IVA"),
        ("NO", "995525829MVA"),
        ("FR", "DE"),
    ],
)
def test_a_vat_number_with_a_wrong_digit_is_refused(country, typed):
    assert errors_of({"country": country, "vat_number": typed}) == {
        "vat_number": (
            "invalid",
            "Please check the VAT number: it is not complete, or a digit is wrong.",
        )
    }


def test_regions_have_codes_and_names_in_the_language_of_the_reader():
    assert region_code("US", "california") == "CA"
    assert region_code("BR", "Sao Paulo") == region_code("BR", "sp") == "SP"
    assert region_code("JP", "Tokyo") == "東京都"
    assert region_code("HK", "Lantau") == region_code("HK", "lantau") == "LANTAU"
    assert regions_of("CA", "fr")["BC"] == "Colombie-Britannique"
    assert regions_of("CA", "de")["BC"] == "British Columbia"
    assert regions_of("JP", "de")["東京都"] == "Tokyo"
    assert regions_of("JP", "ja")["東京都"] == "東京都"
    assert regions_of("DE", "de") == {}
