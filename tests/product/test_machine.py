"""Anything anybody does, in any order; `PRODUCT_EXAMPLES=500` makes a long run of it."""

import os
from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import People

EXAMPLES = int(os.environ.get("PRODUCT_EXAMPLES", "0"))
GOALS = ("code accepted", "link mailed", "link opened", "password changed", "unlocked", "frozen")


@pytest.mark.slow
@pytest.mark.timeout(24 * EXAMPLES or 300)
def test_any_order_of_anything(prepared):
    reached = Counter()
    run_state_machine_as_test(
        partial(People, prepared, reached),
        settings=settings(
            max_examples=EXAMPLES or 15,
            stateful_step_count=50 if EXAMPLES else 25,
            derandomize=not EXAMPLES,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for what in GOALS:
        assert reached[what], f"the machine never got to {what!r}"
