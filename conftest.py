"""The modules with fixtures of all apps."""

pytest_plugins = [
    "shop.testing.fixtures",
    "shop.testing.serving",
    "payments.tests.fake_stripe.fixtures",
]
