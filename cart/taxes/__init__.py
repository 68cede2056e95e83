"""Tax rates, and how shipping is taxed in each country."""
