"""``manage.py sweep``: the former name of ``manage.py worker``."""

from shop.management.commands import worker


class Command(worker.Command):
    """The command ``worker`` under its former name."""

    help = "The former name of `manage.py worker`."
