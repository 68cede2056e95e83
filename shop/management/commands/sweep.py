"""``manage.py sweep``: the former name of ``manage.py worker``."""

from shop.management.commands import worker


class Command(worker.Command):
    """Does what the worker does, with the same options."""

    help = "An alias of `manage.py worker`."
