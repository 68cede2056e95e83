"""The spellings of brands and tags, which are compared without case and spaces."""
