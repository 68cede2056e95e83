"""The shop: the project package of the five apps."""
