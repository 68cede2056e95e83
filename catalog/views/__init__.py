"""Cached responses of the public catalog; each subject has its own views."""
