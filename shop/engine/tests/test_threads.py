"""The scheduler of the threads that run Django."""

import asyncio
import gc
from functools import partial
from threading import Event, Thread, current_thread

import pytest

from shop.engine.server.threads import ThreadScheduler
from shop.testing.clock import LoopClock


def run(scene):
    return asyncio.run(asyncio.wait_for(scene(), 60))


def full(_):
    """Fail as ``Thread.start`` does if the system cannot create a thread."""
    raise RuntimeError("can't start new thread")


def test_the_last_used_thread_is_used_first():
    gates = {name: Event() for name in "abc"}

    def work(name):
        gates[name].wait(60)
        return current_thread().name

    async def scene():
        threads = ThreadScheduler(at_once=8, at_most=8)
        futures = {name: threads.run(partial(work, name)) for name in "abc"}
        gates["a"].set()
        first = await futures["a"]
        gates["b"].set()
        second = await futures["b"]
        again = [await threads.run(partial(work, "b")) for _ in range(3)]
        gates["c"].set()
        return first, second, again, await futures["c"]

    assert run(scene) == ("shop 1", "shop 2", ["shop 2"] * 3, "shop 3")


def test_work_waits_for_a_free_thread():
    gate, worked = Event(), []

    def work(number):
        gate.wait(60)
        worked.append((number, current_thread().name))
        return number

    async def scene():
        threads = ThreadScheduler(at_once=1, at_most=1)
        futures = [threads.run(partial(work, number)) for number in range(5)]
        futures[1].cancel()
        futures[3].cancel()
        gate.set()
        return await asyncio.gather(*futures, return_exceptions=True)

    answers = run(scene)
    assert [a for a in answers if not isinstance(a, asyncio.CancelledError)] == [0, 2, 4]
    assert worked == [(0, "shop 1"), (2, "shop 1"), (4, "shop 1")]


def test_a_client_that_disconnects_does_not_block_a_thread():
    begun, gate, errors = Event(), Event(), []

    def work(name):
        begun.set()
        gate.wait(60)
        return name

    async def scene():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        threads = ThreadScheduler(at_once=1, at_most=1)
        left = threads.run(partial(work, "left"))
        await asyncio.to_thread(begun.wait, 60)
        left.cancel()
        gate.set()
        return await threads.run(partial(work, "stayed"))

    assert run(scene) == "stayed"
    assert errors == []


def test_an_exception_is_raised_to_its_caller_only():
    async def scene():
        threads = ThreadScheduler(at_once=1, at_most=1)
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)
        return await threads.run(lambda: 1 // 1)

    assert run(scene) == 1


def test_threads_end_with_their_scheduler():
    async def scene():
        return await ThreadScheduler(at_once=1, at_most=1).run(current_thread)

    thread = run(scene)
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()


def test_work_waits_if_no_further_thread_can_start(monkeypatch):
    first, gate = Event(), Event()

    def work(number):
        first.set()
        gate.wait(60)
        return number, current_thread().name

    async def scene():
        threads = ThreadScheduler(at_once=2, at_most=2)
        with monkeypatch.context() as patch:
            patch.setattr(Thread, "start", full)
            with pytest.raises(RuntimeError):
                threads.run(current_thread)
        one = threads.run(partial(work, 1))
        await asyncio.to_thread(first.wait, 60)
        with monkeypatch.context() as patch:
            patch.setattr(Thread, "start", full)
            two = threads.run(partial(work, 2))
        three = threads.run(partial(work, 3))
        gate.set()
        return {(await future)[0] for future in (one, two, three)}, (await two)[1]

    assert run(scene) == ({1, 2, 3}, "shop 2")


def test_a_thread_that_waits_is_not_counted():
    gates, names = {name: Event() for name in "abcde"}, {}
    begun = {name: Event() for name in "abcde"}

    def work(name):
        names[name] = current_thread().name
        begun[name].set()
        assert gates[name].wait(60)

    async def scene():
        clock = LoopClock()
        threads = ThreadScheduler(at_once=1, at_most=2, patience=0.1)
        futures = {name: threads.run(partial(work, name)) for name in "abc"}
        await clock.forward(0.09)
        assert not begun["b"].wait(0.05)
        await clock.forward(0.02)
        assert begun["b"].wait(60)  # a waits
        await clock.forward(0.2)
        assert not begun["c"].wait(0.05)  # there is no third thread
        gates["a"].set()
        await futures["a"]
        assert begun["c"].wait(60)  # b waits
        gates["b"].set()
        gates["c"].set()
        await asyncio.gather(futures["b"], futures["c"])
        after = [threads.run(partial(work, name)) for name in "de"]
        gates["e"].set()
        assert begun["d"].wait(60)
        assert not begun["e"].wait(0.05)  # one at once again
        gates["d"].set()
        await asyncio.gather(*after)

    asyncio.run(scene())
    assert (names["a"], names["b"], names["c"]) == ("shop 1", "shop 2", "shop 1")
    assert names["e"] == names["d"]


def test_a_thread_that_has_just_started_is_counted():
    begun, gate = {name: Event() for name in "abcd"}, Event()

    def work(name):
        begun[name].set()
        assert gate.wait(60)

    async def scene():
        clock = LoopClock()
        threads = ThreadScheduler(at_once=2, at_most=4, patience=0.1)
        futures = [threads.run(partial(work, "a"))]
        await clock.forward(0.09)
        futures += [threads.run(partial(work, name)) for name in "bcd"]
        await clock.forward(0.02)
        assert begun["c"].wait(60)  # a waits, b and c have just started
        assert not begun["d"].wait(0.05)
        await clock.forward(0.09)
        assert begun["d"].wait(60)
        gate.set()
        await asyncio.gather(*futures)

    asyncio.run(scene())


def test_a_result_is_returned_if_the_next_work_fails_to_start(monkeypatch):
    gate, errors = Event(), []

    def exhausted(_):
        raise MemoryError

    async def scene():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        threads = ThreadScheduler(at_once=2, at_most=2)
        futures = [threads.run(partial(gate.wait, 60))]
        with monkeypatch.context() as patch:
            patch.setattr(Thread, "start", full)
            futures += [threads.run(current_thread) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr(Thread, "start", exhausted)
            with pytest.raises(MemoryError):
                threads.run(gate.clear)
            gate.set()
            await futures[0]
        return [thread.name for thread in await asyncio.gather(*futures[1:])]

    assert run(scene) == ["shop 1", "shop 1"]
    assert gate.is_set()
    assert {type(context["exception"]) for context in errors} == {MemoryError}
