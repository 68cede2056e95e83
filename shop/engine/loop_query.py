"""A statement that an event loop sends to PostgreSQL repeatedly, on a separate connection."""

import asyncio
import logging
from typing import Any

import psycopg2
from django.db import connection
from psycopg2.extensions import POLL_OK, POLL_READ

_TIMEOUT = 1.0
"""Time-out of a response and of a connection, in seconds."""
_PAUSE = 1.0
"""Seconds between a failed attempt and the next one."""

logger = logging.getLogger("shop.engine")


class LoopQuery:
    """Sends one statement for all callers that wait for its row.

    A caller that arrives while the statement runs waits for the next execution, so that no caller
    gets a row that was read before its call. An instance belongs to one event loop. The statement
    has no parameters and returns at most one row.
    """

    def __init__(self, sql: str) -> None:
        """Do not connect yet: the first call of ``row`` does."""
        self._sql = sql
        self._raw: Any = None
        self._cursor: Any = None
        self._waiting: list[asyncio.Future[Any]] = []
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0

    async def row(self) -> tuple[Any, ...] | None:
        """Return the row as it is now, or None if the server does not respond within a second."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            return None
        future = loop.create_future()
        self._waiting.append(future)
        if self._task is None:
            self._task = loop.create_task(self._serve())
        row: tuple[Any, ...] | None = await future
        return row

    async def _serve(self) -> None:
        """Send the statement for as long as a caller waits."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(_TIMEOUT):
                    row = await self._fetch()
            except Exception as error:  # noqa: BLE001 - every caller needs a result
                logger.warning("response cache: %s", " ".join(str(error).split()))
                self._disconnect()
                row = None
            for future in waiting:
                if not future.done():  # a client that left has cancelled its future
                    future.set_result(row)
        self._task = None

    async def _fetch(self) -> Any:
        if self._raw is None:
            await self._connect()
        self._cursor.execute(self._sql)
        await self._ready()
        return self._cursor.fetchone()

    async def _connect(self) -> None:
        # Not in another thread, which a time-out would leave with an open connection.
        self._raw = psycopg2.connect(**connection.get_connection_params(), async_=True)
        await self._ready()
        self._cursor = self._raw.cursor()

    async def _ready(self) -> None:
        """Wait until the server has sent its whole answer."""
        loop = asyncio.get_running_loop()
        while (state := self._raw.poll()) != POLL_OK:
            add, remove = (
                (loop.add_reader, loop.remove_reader)
                if state == POLL_READ
                else (loop.add_writer, loop.remove_writer)
            )
            ready, number = loop.create_future(), self._raw.fileno()
            add(number, _set_ready, ready)
            try:
                await ready
            finally:
                remove(number)

    def _disconnect(self) -> None:
        """Close the connection, and do not connect again for ``_PAUSE`` seconds."""
        self._not_before = asyncio.get_running_loop().time() + _PAUSE
        if self._raw is not None:
            self._raw.close()
        self._raw = self._cursor = None


def _set_ready(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
