"""Earlier slugs of products and categories, whose addresses go on working."""
