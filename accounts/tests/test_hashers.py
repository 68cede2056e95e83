"""How many passwords are hashed at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from shop.engine.server.processes import processors


@pytest.mark.parametrize("kind", ["encode", "verify"])
def test_as_many_as_there_are_processors(kind, monkeypatch):
    kept = make_password("corr3ct-horse-battery")
    inside, at_once = [], []
    lock, together = Lock(), Barrier(processors())

    def hash_it(*_):
        with lock:
            inside.append(1)
            at_once.append(len(inside))
        together.wait(10)
        time.sleep(0.05)  # in which one too many would come
        with lock:
            inside.pop()
        return kept if kind == "encode" else True

    monkeypatch.setattr(Argon2PasswordHasher, kind, hash_it)
    asked = 3 * processors()
    with ThreadPoolExecutor(asked) as pool:
        if kind == "encode":
            answers = [*pool.map(make_password, ["password"] * asked)]
        else:
            answers = [*pool.map(lambda _: check_password("password", kept), range(asked))]
    assert answers == ([kept] if kind == "encode" else [True]) * asked
    assert max(at_once) == processors()
