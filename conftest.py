"""Where pytest finds the suite's fixtures."""

pytest_plugins = [
    "shop.testing.fixtures",
    "shop.testing.serving",
    "payments.tests.fake_stripe.fixtures",
]
