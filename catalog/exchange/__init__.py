"""Import and export of the catalog."""
