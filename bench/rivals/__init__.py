"""The shop beside other shops in one run: ``python -m bench.rivals``."""
