"""What a product costs: list prices, sales, and the price of today."""
