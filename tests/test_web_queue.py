"""Whose turn it is: the fair queue, rates, and checks that wait, run, and are refused."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from grader.web.checker import Checker, Closing
from grader.web.fair import Client, FairQueue, Full
from grader.web.rates import Buckets, Rate, seconds
from grader.web.sessions import Sessions


def test_addresses_take_turns_and_within_them_visitors() -> None:
    queue: FairQueue[str] = FairQueue(100, 50, 50)
    for i in range(3):
        queue.put(Client("greedy", "x"), f"greedy x{i}")
    queue.put(Client("greedy", "y"), "greedy y0")
    queue.put(Client("modest"), "modest 0")
    queue.put(Client("other"), "other 0")
    order = [queue.take() for _ in range(6)]
    assert order == ["greedy x0", "modest 0", "other 0", "greedy y0", "greedy x1", "greedy x2"]
    assert queue.take() is None and len(queue) == 0


def test_many_cookies_of_one_address_do_not_enlarge_its_share() -> None:
    queue: FairQueue[str] = FairQueue(1000, 500, 5)
    for i in range(100):
        queue.put(Client("greedy", f"cookie {i}"), "greedy")
    queue.put(Client("modest", "one"), "modest")
    queue.put(Client("modest", "one"), "modest")
    assert [queue.take() for _ in range(4)] == ["greedy", "modest", "greedy", "modest"]


def test_who_comes_back_waits_for_those_who_are_there() -> None:
    queue: FairQueue[str] = FairQueue(100, 50, 50)
    queue.put(Client("a"), "a0")
    queue.put(Client("b"), "b0")
    assert queue.take() == "a0"
    queue.put(Client("a"), "a1")
    assert [queue.take(), queue.take()] == ["b0", "a1"]


def test_so_many_wait_and_no_more() -> None:
    queue: FairQueue[int] = FairQueue(4, 3, 2)
    queue.put(Client("a", "x"), 0)
    queue.put(Client("a", "x"), 1)
    with pytest.raises(Full, match="client"):
        queue.put(Client("a", "x"), 2)
    queue.put(Client("a", "y"), 3)
    with pytest.raises(Full, match="address"):
        queue.put(Client("a", "z"), 4)
    queue.put(Client("b"), 5)
    with pytest.raises(Full, match="all"):
        queue.put(Client("c"), 6)
    assert queue.drop(Client("a", "x"), 1) and not queue.drop(Client("a", "x"), 1)
    queue.put(Client("c"), 6)
    assert sorted(queue.clear()) == [0, 3, 5, 6]


def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    buckets = Buckets(Rate(2, 0.5), most=3, clock=lambda: now[0])
    assert [buckets.take("a"), buckets.take("a")] == [0, 0]
    assert buckets.take("a") == pytest.approx(2)
    assert buckets.wait("b") == 0
    now[0] = 1.9
    assert buckets.take("a") > 0
    now[0] = 2.0
    assert buckets.take("a") == 0
    for key in "bcde":
        buckets.take(key)
    assert len(buckets._left) == 3
    assert seconds(0.2) == "1" and seconds(2.1) == "3"


def test_sessions_end() -> None:
    now = [0.0]
    sessions = Sessions("t" * 20, clock=lambda: now[0])
    assert sessions.right("t" * 20)
    assert not any(sessions.right(wrong) for wrong in ("", "t" * 19, "T" * 20, "\udcff"))
    assert not Sessions("").right("")
    cookie = sessions.begin("Ada")
    session = sessions.of(cookie)
    assert session is not None and session.author == "Ada" and session.own_form(session.csrf)
    assert not session.own_form("") and sessions.of("") is None and sessions.of(cookie + "x") is None
    now[0] = 13 * 3600
    assert sessions.of(cookie) is None
    cookie = sessions.begin("Ada")
    sessions.end(cookie)
    assert sessions.of(cookie) is None


class _Slow:
    """A task that waits until it is let go, and knows the order of what it did."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.go = threading.Semaphore(0)

    def __call__(self, request: dict[str, Any], grade: Any) -> dict[str, Any]:
        self.began.append(request["name"])
        self.go.acquire()
        if request["name"] == "bad":
            raise ValueError("bad")
        return {"name": request["name"]}


def _run(work: Any) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def _settle(checker: Checker, busy: int, waiting: int) -> None:
    until = time.monotonic() + 10
    while (checker.busy, checker.waiting) != (busy, waiting):
        assert time.monotonic() < until, (checker.busy, checker.waiting)
        await asyncio.sleep(0.005)


def test_checks_run_in_turn_and_every_one_is_answered() -> None:
    async def work() -> None:
        slow = _Slow()
        checker = Checker(1, None, FairQueue(100, 50, 50), task=slow)  # type: ignore[arg-type]
        names = [("greedy", "g0"), ("greedy", "g1"), ("greedy", "bad"), ("modest", "m0")]
        checks = [asyncio.create_task(checker.check(Client(who), {"name": name})) for who, name in names]
        await _settle(checker, 1, 3)
        for _ in names:
            slow.go.release()
        answers = await asyncio.gather(*checks, return_exceptions=True)
        assert slow.began == ["g0", "g1", "m0", "bad"]  # g1 was next before anybody else came
        assert [a if isinstance(a, dict) else type(a) for a in answers] == [
            {"name": "g0"},
            {"name": "g1"},
            ValueError,
            {"name": "m0"},
        ]
        await checker.close(5)

    _run(work())


def test_who_goes_away_gives_the_place_up() -> None:
    async def work() -> None:
        slow = _Slow()
        checker = Checker(1, None, FairQueue(100, 50, 50), task=slow)  # type: ignore[arg-type]
        first = asyncio.create_task(checker.check(Client("a"), {"name": "a"}))
        gone = asyncio.create_task(checker.check(Client("b"), {"name": "b"}))
        await _settle(checker, 1, 1)
        gone.cancel()
        await _settle(checker, 1, 0)
        slow.go.release()
        assert await first == {"name": "a"}
        assert slow.began == ["a"]
        await checker.close(5)

    _run(work())


def test_stopping_answers_what_runs_and_refuses_what_waits() -> None:
    async def work() -> None:
        slow = _Slow()
        checker = Checker(2, None, FairQueue(100, 50, 50), task=slow)  # type: ignore[arg-type]
        checks = [asyncio.create_task(checker.check(Client("a", str(i)), {"name": str(i)})) for i in range(5)]
        await _settle(checker, 2, 3)
        closing = asyncio.create_task(checker.close(10))
        await asyncio.sleep(0.05)
        with pytest.raises(Closing):
            await checker.check(Client("late"), {"name": "late"})
        slow.go.release()
        slow.go.release()
        answers = await asyncio.gather(*checks, return_exceptions=True)
        assert [a if isinstance(a, dict) else type(a) for a in answers] == [
            {"name": "0"},
            {"name": "1"},
            Closing,
            Closing,
            Closing,
        ]
        await closing
        assert not checker.ready

    _run(work())
