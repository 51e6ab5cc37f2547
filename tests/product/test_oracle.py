"""The ledger accepts the product as it is, and no product that is broken on purpose."""

from collections import Counter
from functools import partial

import pytest
from breakages import AGUS, BREAKAGES, BUDI, CHECK, RESET, UNLOCK, any_mailed_code_is_right
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import People
from product import DEADLY, LOST
from story import Story


@pytest.fixture
def story(prepared):
    story = Story(prepared)
    yield story
    story.end()


@pytest.mark.parametrize("fault", [None, LOST, DEADLY])
def test_a_reset_goes_through(story, fault):
    code = story.ask_for_code("budi", RESET, BUDI, fault)
    story.say("budi", code.digits, fault)
    link = story.ledger.links[-1]
    page = story.open(link)
    assert story.submit(page, link.number, good=False) == "refused"
    assert story.submit(page, link.number) == "changed"
    assert story.submit(page, link.number) == "over"
    assert story.open(link) is None
    assert story.ledger.told == 1
    story.freeze(-1)
    assert story.ledger.reached["frozen"]


@pytest.mark.parametrize("fault", [None, LOST, DEADLY])
def test_an_unlock_goes_through(story, fault):
    story.say("agus", story.ask_for_code("agus", UNLOCK, AGUS, fault).digits, fault)
    assert story.ledger.reached == {"code accepted": 1, "unlocked": 1}


def test_a_check_goes_through(story):
    story.say("budi", story.ask_for_code("budi", CHECK, BUDI).digits)
    assert story.ledger.reached == {"code accepted": 1}


@pytest.mark.parametrize(
    "tell", list(dict.fromkeys(one.story for one in BREAKAGES)), ids=lambda tell: tell.__name__
)
def test_the_product_as_it_is_bears_every_story(story, tell):
    tell(story)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=str)
def test_a_broken_product_is_caught(prepared, monkeypatch, breakage):
    breakage.broken(monkeypatch)
    story = Story(prepared)
    try:
        with pytest.raises(AssertionError, match=breakage.verdict):
            breakage.story(story)
    finally:
        story.drop()


def test_the_machine_finds_a_broken_product_by_itself(prepared, monkeypatch):
    any_mailed_code_is_right(monkeypatch)
    found = settings(
        max_examples=40,
        stateful_step_count=25,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError, match="not the newest right code"):
        run_state_machine_as_test(partial(People, prepared, Counter()), settings=found)
