"""How many requests of a worker may be with gateways, and how many may wait for one."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Barrier, Event

import pytest

from payments import gateways
from payments.errors import GatewayBusy


@contextmanager
def four_seated():
    """Hold the four seats until told to leave, or the end; what is yielded tells them."""
    seated, leave = Barrier(5), Event()

    def sit():
        with gateways.seat():
            seated.wait(10)
            assert leave.wait(10)

    with ThreadPoolExecutor(4) as pool:
        sitting = [pool.submit(sit) for _ in range(4)]
        seated.wait(10)
        try:
            yield leave
        finally:
            leave.set()
        for each in sitting:
            each.result()


def test_four_sit_four_wait_and_one_more_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(gateways, "_PATIENCE", 30)  # of a machine that is busy with other things
    for _ in range(2):  # seats and waits are given back
        four_sit_four_wait()


def four_sit_four_wait():
    def come():
        with gateways.seat():
            return "sat"

    with four_seated() as leave, ThreadPoolExecutor(5) as pool:
        coming = [pool.submit(come) for _ in range(5)]
        refused = wait(coming, timeout=10, return_when=FIRST_COMPLETED).done
        leave.set()
        ended = [each.exception() or each.result() for each in coming]
    assert [type(each.exception()) for each in refused] == [GatewayBusy]
    assert ended.count("sat") == 4


def test_whoever_finds_no_seat_in_a_second_is_refused_and_then_everyone_at_once():
    with four_seated():
        for _ in range(2):
            with pytest.raises(GatewayBusy), gateways.seat():
                raise AssertionError("there was a fifth seat")
        with gateways.seat("bank_transfer"):
            pass
    with gateways.seat():
        pass
