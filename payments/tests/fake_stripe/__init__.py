"""A fake Stripe: an HTTP server, in a process of its own, that the official SDK calls.

It implements the part of Stripe's API that the shop uses, with Stripe's checks, and stores charges
and refunds in memory. On demand it hangs, fails, drops connections, and delays or repeats webhooks.
Comments and docstrings name the page of docs.stripe.com that documents each rule.

``python -m payments.tests.fake_stripe --port 0`` prints its URL. ``control`` has the endpoints
under ``/_control/``, and ``client`` the class that tests use.
"""
