"""A fake Stripe: an HTTP server of its own that the real SDK talks to.

It speaks the part of Stripe's API that the shop uses, refuses what Stripe refuses, keeps a ledger
of its own, and on demand hangs, fails, drops connections and sends webhooks badly. Beside each rule
stands the page of docs.stripe.com that has it. ``python -m payments.tests.fake_stripe --port 0``
prints its URL; ``control`` has the endpoints under ``/_control/``, ``client`` what tests hold.
"""
