"""``python -m bench.rivals``: measure the shop and other shops in one run."""
