"""One statement that an event loop asks again and again, by a connection of its own."""

import asyncio
import logging
from typing import Any

import psycopg2
from django.db import connection
from psycopg2.extensions import POLL_OK, POLL_READ

_PATIENCE = 1.0
"""Seconds that an answer, or a connection, may take."""
_PAUSE = 1.0
"""Seconds without another attempt after one that failed."""

logger = logging.getLogger("shop.requests")


class LoopQuery:
    """Asks one statement for all who want its row at that moment.

    Whoever comes while it is asked waits for the next time, so that nobody gets a row that was read
    before they came. Belongs to one event loop; a statement without parameters, of one row.
    """

    def __init__(self, sql: str) -> None:
        """Connect only when the first row is wanted."""
        self._sql = sql
        self._raw: Any = None
        self._cursor: Any = None
        self._waiting: list[asyncio.Future[Any]] = []
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0

    async def row(self) -> tuple[Any, ...] | None:
        """Return the row as it is now, or None where the server does not say at once."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            return None
        mine = loop.create_future()
        self._waiting.append(mine)
        if self._task is None:
            self._task = loop.create_task(self._serve())
        row: tuple[Any, ...] | None = await mine
        return row

    async def _serve(self) -> None:
        """Ask for as long as somebody waits."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(_PATIENCE):
                    row = await self._ask()
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
                logger.warning("the catalogue's revision: %s", " ".join(str(error).split()))
                self._give_up()
                row = None
            for future in waiting:
                if not future.done():  # a client that left has cancelled its own
                    future.set_result(row)
        self._task = None

    async def _ask(self) -> Any:
        if self._raw is None:
            await self._connect()
        self._cursor.execute(self._sql)
        await self._ready()
        return self._cursor.fetchone()

    async def _connect(self) -> None:
        # In the loop's own thread: one that connects in another is left open where time runs out.
        self._raw = psycopg2.connect(**connection.get_connection_params(), async_=True)
        await self._ready()
        self._cursor = self._raw.cursor()

    async def _ready(self) -> None:
        """Wait until the server has said all of what was asked."""
        loop = asyncio.get_running_loop()
        while (state := self._raw.poll()) != POLL_OK:
            add, remove = (
                (loop.add_reader, loop.remove_reader)
                if state == POLL_READ
                else (loop.add_writer, loop.remove_writer)
            )
            ready, number = loop.create_future(), self._raw.fileno()
            add(number, _note, ready)
            try:
                await ready
            finally:
                remove(number)

    def _give_up(self) -> None:
        """Close the connection, and leave the server alone for a moment."""
        self._not_before = asyncio.get_running_loop().time() + _PAUSE
        if self._raw is not None:
            self._raw.close()
        self._raw = self._cursor = None


def _note(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
