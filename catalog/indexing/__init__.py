"""What searches read of each product: its words, in every form in which people may write them."""
