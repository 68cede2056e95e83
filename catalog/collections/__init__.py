"""Collections: products that staff choose, or that a rule selects."""
