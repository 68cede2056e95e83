"""The shop: the project package, and the roof over the five apps."""
