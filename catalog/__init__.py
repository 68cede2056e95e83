"""What is for sale: products, their stock, and the revision that keeps cached answers right."""
