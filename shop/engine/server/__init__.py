"""The server: worker processes, the ASGI application and its threads."""
