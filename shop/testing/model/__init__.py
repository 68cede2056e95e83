"""A model of orders after the sale, and random operations that compare the shop with it.

The model computes with integers, in cents, and imports nothing from ``orders`` and ``payments``: it
states their rules a second time. ``python -m shop.testing.model`` runs the operations.
"""
