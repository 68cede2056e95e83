"""The template tags of mails."""
