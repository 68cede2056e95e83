"""The number of processors, and workers that are pinned to one, with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shop.engine.server import processes
from shop.testing.marks import on_one_database, on_one_engine
from shop.testing.server import ROOT, running_shop
from shop.testing.serving import url_of_the_tests_database

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can pin processes"),
    on_one_engine,  # SQLite has the plain one
]

_PIN = """
import os
{before}
from shop.engine.server import processes
processes.pin({number}, {workers})
print(processes.processors(), os.sched_getscheduler(0) == os.SCHED_BATCH, *os.sched_getaffinity(0))
"""


_COLLECT = """
import gc
from shop.engine.server import processes
a = []; a.append(a)
processes.collect_less_garbage()
del a
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0], gc.collect())
"""


@on_one_database
def test_a_worker_never_searches_what_it_has_loaded_for_garbage():
    """The list that refers to itself was loaded before, so that it is not collected."""
    done = subprocess.run(
        [sys.executable, "-c", _COLLECT], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "10000", "0"]


@pytest.mark.parametrize(
    ("own", "files", "count"),
    [
        ("", {}, 64),
        ("0::/\n", {"cpu.max": "max 100000"}, 64),
        ("0::/\n", {"cpu.max": "200000 100000"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000"}, 2),
        ("0::/\n", {"cpu.max": "20000 100000"}, 1),
        ("0::/\n", {"cpu.max": "nonsense"}, 64),
        ("0::/a/b\n", {"cpu.max": "300000 100000", "a/cpu.max": "200000 100000"}, 2),
        ("0::/a/b\n", {"a/b/cpu.max": "100000 100000", "a/cpu.max": "200000 100000"}, 1),
        ("4:cpu,cpuacct:/\n0::/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 64),
        ("4:cpu,cpuacct:/x\n", {"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ("4:cpuset:/x\n", {"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 64),
    ],
)  # fmt: skip
def test_a_quota_of_the_control_group_counts(tmp_path, monkeypatch, own, files, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    for name, text in files.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "own").write_text(own)
    assert processes.processors(tmp_path / "cgroup", tmp_path / "own") == count


def test_processors_are_counted_without_control_groups(tmp_path):
    assert processes.processors(tmp_path, tmp_path / "none") == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("found", "workers"), [(1, 1), (3, 3), (4, 4), (64, 4)])
def test_there_are_four_workers_at_most_by_default(monkeypatch, found, workers):
    monkeypatch.setattr(processes, "processors", lambda: found)
    assert processes.default_workers() == workers


@pytest.fixture
def two():
    """The two processors, or the one, that this test and its processes may use."""
    mine = os.sched_getaffinity(0)
    first_two = sorted(mine)[:2]
    os.sched_setaffinity(0, first_two)
    yield first_two
    os.sched_setaffinity(0, mine)


def pinned(number, workers, *, before="", batch="True"):
    code = _PIN.format(number=number, workers=workers, before=before)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    count, is_batch, *affinity = done.stdout.split()
    assert is_batch == batch
    assert int(count) == len(affinity)
    return [int(processor) for processor in affinity]


@on_one_database
def test_a_worker_for_each_processor_is_pinned(two):
    for workers in (2, 3):
        for number in range(workers):
            assert pinned(number, workers) == [two[number % len(two)]]


@on_one_database
def test_fewer_workers_than_processors_are_not_pinned(two):
    if len(two) < 2:
        pytest.skip("this machine has one processor")
    assert pinned(0, 1) == two


@on_one_database
def test_a_system_that_refuses_pinning_is_supported(two):
    """The seccomp filter of a container may refuse it."""
    refuses = "def refuse(*_): raise PermissionError(1, 'Operation not permitted')"
    for name, batch in (("sched_setscheduler", "False"), ("sched_setaffinity", "True")):
        before = f"{refuses}\nos.{name} = refuse"
        assert pinned(0, len(two), before=before, batch=batch) == two


@pytest.mark.django_db(transaction=True)
def test_all_threads_and_replaced_workers_are_pinned(two):
    with running_shop(url_of_the_tests_database(), workers=len(two), WORKER_PINNING="true") as shop:
        before = shop.workers()
        assert processors_of(before) == [[processor] for processor in two]
        os.kill(before[0], signal.SIGKILL)
        while len(after := shop.workers()) < len(two) or before[0] in after:
            time.sleep(0.05)
        assert sorted(processors_of(after)) == [[processor] for processor in two]


def processors_of(workers):
    """Return the processors that the threads of each worker may use."""
    found = []
    for pid in workers:
        while len(threads := [int(thread.name) for thread in tasks(pid)]) < 4:
            time.sleep(0.05)
        assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_BATCH}
        found.append(sorted(set().union(*(os.sched_getaffinity(thread) for thread in threads))))
    return found


def tasks(pid):
    return list(Path(f"/proc/{pid}/task").iterdir())


@pytest.mark.django_db(transaction=True)
def test_workers_are_not_pinned_by_default():
    with running_shop(url_of_the_tests_database(), workers=1) as shop:
        [pid] = shop.workers()
        assert os.sched_getaffinity(pid) == os.sched_getaffinity(0)
        assert os.sched_getscheduler(pid) == os.SCHED_OTHER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "glibc.malloc.hugetlb=1"),
        ({"GLIBC_TUNABLES": ""}, "glibc.malloc.hugetlb=1"),
        (
            {"GLIBC_TUNABLES": "glibc.malloc.perturb=0"},
            "glibc.malloc.perturb=0:glibc.malloc.hugetlb=1",
        ),
        ({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}, "glibc.malloc.hugetlb=0"),
    ],
)
def test_huge_pages_are_added_to_the_tunables_of_the_c_library(before, after):
    assert processes.with_huge_pages({"A": "b", **before}) == {"A": "b", "GLIBC_TUNABLES": after}


@on_one_database
def test_a_program_starts_again_once_with_the_same_id_and_arguments():
    code = (
        "import os, sys\nfrom shop.engine.server import processes\n"
        "processes.restart_with_huge_pages()\n"
        "print(os.getpid(), *sys.argv, os.environ['GLIBC_TUNABLES'])"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code, "one", "two words"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    printed, _ = program.communicate()
    assert printed == f"{program.pid} -c one two words glibc.malloc.hugetlb=1\n"
