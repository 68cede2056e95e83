"""Helpers of tests: fixtures, races, query budgets, and real servers and databases."""
