"""The modules with fixtures of all apps."""

import gc

pytest_plugins = [
    "shop.testing.fixtures",
    "shop.testing.serving",
    "payments.tests.fake_stripe.fixtures",
]


def pytest_collection_finish() -> None:
    """Let the garbage collection skip the modules and tests, which stay until the end."""
    gc.freeze()
