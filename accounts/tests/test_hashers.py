"""How many passwords are hashed at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from shop.engine.server.processes import processors


@pytest.mark.parametrize("method", ["encode", "verify"])
def test_at_most_one_password_for_each_processor(method, monkeypatch):
    encoded = make_password("corr3ct-horse-battery")
    running, numbers = [], []
    lock, together = Lock(), Barrier(processors())

    def hash_it(*_):
        with lock:
            running.append(1)
            numbers.append(len(running))
        together.wait(60)
        time.sleep(0.05)  # time for a call that should have waited
        with lock:
            running.pop()
        return encoded if method == "encode" else True

    monkeypatch.setattr(Argon2PasswordHasher, method, hash_it)
    calls = 3 * processors()
    with ThreadPoolExecutor(calls) as pool:
        if method == "encode":
            results = [*pool.map(make_password, ["password"] * calls)]
        else:
            results = [*pool.map(lambda _: check_password("password", encoded), range(calls))]
    assert results == ([encoded] if method == "encode" else [True]) * calls
    assert max(numbers) == processors()
