"""What EMAIL_URL and the settings of the sender mean."""

import pytest

from shop.mail import configuration

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://localhost", {"host": "localhost", "port": 25}),
        (
            "smtp+tls://shop%40x:p%2Fw@mail.example.com",
            {
                "host": "mail.example.com",
                "port": 587,
                "username": "shop@x",
                "password": "p/w",
                "use_tls": True,
            },
        ),
        (
            "smtp+ssl://mail.example.com",
            {"host": "mail.example.com", "port": 465, "use_ssl": True},
        ),
        ("smtp://shop:pw@127.0.0.1:2525", {"username": "shop", "password": "pw", "port": 2525}),
    ],
)
def test_the_url_of_a_mail_server_becomes_a_mailer(url, expected):
    mailer = configuration.mailers(url, timeout=20, is_debug=False)["default"]
    assert mailer["BACKEND"] == SMTP
    assert mailer["OPTIONS"]["timeout"] == 20
    assert {name: mailer["OPTIONS"][name] for name in expected} == expected
    former = configuration.former_settings({"default": mailer})
    assert (former["EMAIL_BACKEND"], former["EMAIL_PORT"]) == (SMTP, mailer["OPTIONS"]["port"])


@pytest.mark.parametrize(
    ("given", "url", "hosts", "expected"),
    [
        ("", "https://www.tea.example", ["api.tea.example"], "Tea <no-reply@www.tea.example>"),
        ("", "", [".tea.example"], "Tea <no-reply@tea.example>"),
        ("", "", ["127.0.0.1"], "Tea <no-reply@localhost>"),
        ("orders@tea.example", "", [], "Tea <orders@tea.example>"),
        ("Tea House <o@tea.example>", "", [], "Tea House <o@tea.example>"),
    ],
)
def test_the_sender_has_a_name_and_a_host(given, url, hosts, expected):
    assert configuration.sender(given, "Tea", url, hosts) == expected
