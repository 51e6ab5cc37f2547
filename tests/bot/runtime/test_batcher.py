"""Requests share transactions; a bad one does not take the others with it."""

import asyncio

import pytest

from bot.runtime.batcher import Batcher
from bot.runtime.port import Disconnected


def double(_connection, items):
    if "bad" in items:
        raise ValueError("bad")
    return [item * 2 for item in items]


def name(_connection, items):
    return [f"<{item}>" for item in items]


class Transactions:
    """Runs batches one after the other when told to, and remembers them."""

    def __init__(self, error=None):
        self.seen = []
        self.go = asyncio.Event()
        self.error = error

    async def run(self, calls):
        self.seen.append([(op.__name__, list(items)) for op, items in calls])
        await self.go.wait()
        if self.error:
            raise self.error
        return [op(None, items) for op, items in calls]


async def test_what_comes_during_a_transaction_shares_the_next():
    transactions = Transactions()
    batcher = Batcher(transactions.run, lanes=1, max_batch=200)
    first = batcher.submit(double, 1)
    await asyncio.sleep(0)
    later = [batcher.submit(double, 2), batcher.submit(name, "a"), batcher.submit(double, 3)]
    transactions.go.set()
    assert await asyncio.gather(first, *later) == [2, 4, "<a>", 6]
    assert transactions.seen == [
        [("double", [1])],
        [("double", [2, 3]), ("name", ["a"])],
    ]
    await batcher.drain()
    assert batcher.waiting == 0


async def test_a_batch_has_a_largest_size_and_lanes_run_side_by_side():
    transactions = Transactions()
    batcher = Batcher(transactions.run, lanes=2, max_batch=2)
    results = [batcher.submit(double, n) for n in range(5)]
    await asyncio.sleep(0)
    assert transactions.seen == [[("double", [0, 1])], [("double", [2, 3])]]
    transactions.go.set()
    assert await asyncio.gather(*results) == [0, 2, 4, 6, 8]


async def test_the_bad_one_of_a_batch_is_found_and_the_others_pass():
    transactions = Transactions()
    transactions.go.set()
    batcher = Batcher(transactions.run, lanes=1, max_batch=200)
    results = [batcher.submit(double, item) for item in (1, "bad", 3)]
    found = await asyncio.gather(*results, return_exceptions=True)
    assert (found[0], found[2]) == (2, 6)
    assert isinstance(found[1], ValueError)


async def test_a_database_that_is_away_is_not_asked_again_for_each():
    transactions = Transactions(error=Disconnected("away"))
    transactions.go.set()
    batcher = Batcher(transactions.run, lanes=1, max_batch=200)
    results = [batcher.submit(double, n) for n in range(3)]
    found = await asyncio.gather(*results, return_exceptions=True)
    assert [type(one) for one in found] == [Disconnected] * 3
    assert len(transactions.seen) == 1


async def test_whoever_no_longer_waits_does_not_disturb_the_others():
    transactions = Transactions()
    batcher = Batcher(transactions.run, lanes=1, max_batch=200)
    gone, stays = batcher.submit(double, 1), batcher.submit(double, 2)
    gone.cancel()
    transactions.go.set()
    assert await stays == 4


async def test_a_failure_nobody_waits_for_is_silent():
    transactions = Transactions(error=ValueError("x"))
    transactions.go.set()
    batcher = Batcher(transactions.run, lanes=1, max_batch=200)
    batcher.submit(double, 1)
    await batcher.drain()
    with pytest.raises(ValueError, match="x"):
        await batcher.submit(double, 2)
