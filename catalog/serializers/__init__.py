"""Shapes of the catalog, a resource a module."""
