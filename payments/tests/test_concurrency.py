"""The concurrency limit of requests that call gateways."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Barrier, Event

import pytest

from payments import gateways
from payments.errors import GatewayBusy
from payments.gateways import concurrency


@contextmanager
def hold_four_slots():
    """Hold the four slots until the event that is yielded is set, or the block ends."""
    taken, release = Barrier(5), Event()

    def hold():
        with gateways.slot():
            taken.wait(60)
            assert release.wait(60)

    with ThreadPoolExecutor(4) as pool:
        holding = [pool.submit(hold) for _ in range(4)]
        taken.wait(60)
        try:
            yield release
        finally:
            release.set()
        for each in holding:
            each.result()


def test_four_requests_have_a_slot_four_wait_and_the_next_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(concurrency, "_MAX_WAIT", 30)  # The machine may be slow.
    for _ in range(2):  # The second round needs the released slots and places in the queue.
        check_four_slots_and_four_waiting_requests()


def check_four_slots_and_four_waiting_requests():
    def take():
        with gateways.slot():
            return "taken"

    with hold_four_slots() as release, ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(take) for _ in range(5)]
        refused = wait(waiting, timeout=60, return_when=FIRST_COMPLETED).done
        release.set()
        ended = [each.exception() or each.result() for each in waiting]
    assert [type(each.exception()) for each in refused] == [GatewayBusy]
    assert ended.count("taken") == 4


def test_a_waiting_request_is_refused_after_a_second_and_later_ones_at_once():
    with hold_four_slots():
        for _ in range(2):
            with pytest.raises(GatewayBusy), gateways.slot():
                raise AssertionError("a fifth slot was available")
        with gateways.slot("bank_transfer"):
            pass
    with gateways.slot():
        pass
