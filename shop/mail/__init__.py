"""Messages to buyers: what is sent after which event, how it looks, and that it is sent."""
