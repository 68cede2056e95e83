"""How the shop is made fast. Imports nothing of the shop."""
