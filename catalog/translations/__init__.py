"""Translations of products and categories to the further languages of the shop."""
