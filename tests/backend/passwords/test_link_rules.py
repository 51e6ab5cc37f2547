from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import links as life
from backend.domain.links import LinkEnd, LinkRules, LinkState, Turn

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RULES = LinkRules()
FRESH = LinkState(expires_at=NOW + RULES.lifetime)
OPEN = replace(FRESH, session_seen_at=NOW)


def submitted(state, now=NOW, *, right=True):
    return life.submitted(state, RULES, now, right_number=right)


@pytest.mark.parametrize(
    ("state", "later", "end"),
    [
        pytest.param(FRESH, timedelta(0), None, id="fresh"),
        pytest.param(FRESH, RULES.lifetime - TICK, None, id="just in time"),
        pytest.param(FRESH, RULES.lifetime, LinkEnd.EXPIRED, id="just too late"),
        pytest.param(
            replace(FRESH, ended=LinkEnd.USED), timedelta(0), LinkEnd.USED, id="used before"
        ),
        pytest.param(
            replace(FRESH, ended=LinkEnd.USED), RULES.lifetime, LinkEnd.USED, id="used, then late"
        ),
    ],
)
def test_what_opens_a_page(state, later, end):
    assert life.opening_end(state, NOW + later) is end


@pytest.mark.parametrize(
    ("state", "later", "end"),
    [
        pytest.param(OPEN, timedelta(0), None, id="just opened"),
        pytest.param(OPEN, RULES.session_idle - TICK, None, id="idle almost too long"),
        pytest.param(OPEN, RULES.session_idle, LinkEnd.SESSION_OVER, id="idle too long"),
        pytest.param(FRESH, timedelta(0), LinkEnd.SESSION_OVER, id="never opened"),
        pytest.param(
            replace(OPEN, session_seen_at=NOW + timedelta(minutes=20)),
            timedelta(minutes=25) - TICK,
            None,
            id="busy until just before the deadline",
        ),
        pytest.param(
            replace(OPEN, session_seen_at=NOW + timedelta(minutes=20)),
            timedelta(minutes=25),
            LinkEnd.EXPIRED,
            id="the deadline spares nobody",
        ),
        pytest.param(
            replace(OPEN, ended=LinkEnd.REPLACED), timedelta(0), LinkEnd.REPLACED, id="replaced"
        ),
    ],
)
def test_how_long_a_page_lasts(state, later, end):
    assert life.page_end(state, RULES, NOW + later) is end


@pytest.mark.parametrize(
    ("state", "later", "past"),
    [
        pytest.param(FRESH, RULES.lifetime - TICK, False, id="still to be opened"),
        pytest.param(FRESH, RULES.lifetime, True, id="never opened"),
        pytest.param(OPEN, RULES.lifetime, False, id="a page may still be open"),
        pytest.param(OPEN, timedelta(minutes=25), True, id="no page can be open"),
    ],
)
def test_when_a_link_is_past(state, later, past):
    assert life.is_past(state, RULES, NOW + later) is past


def test_the_right_number_opens_the_way_and_is_not_asked_again():
    turn, state = submitted(OPEN)
    assert turn is Turn.GO
    assert (state.number_proven, state.submits, state.busy_until) == (
        True,
        1,
        NOW + RULES.busy_for,
    )
    turn, state = submitted(life.refused(state, RULES), right=False)
    assert (turn, state.submits) == (Turn.GO, 2)


def test_three_wrong_numbers_end_the_link():
    state = OPEN
    for tries in (1, 2):
        turn, state = submitted(state, right=False)
        assert (turn, state.number_tries, state.ended) == (Turn.WRONG_NUMBER, tries, None)
    turn, state = submitted(state, right=False)
    assert (turn, state.ended) == (Turn.WRONG_NUMBER, LinkEnd.WRONG_NUMBER)
    assert submitted(state) == (Turn.OVER, state)


def test_opening_again_asks_the_number_again_and_forgives_no_wrong_one():
    _, state = submitted(OPEN, right=False)
    _, state = submitted(state, right=False)
    again = life.opened(replace(state, number_proven=True), NOW + TICK)
    assert (again.number_proven, again.number_tries) == (False, 2)


@pytest.mark.parametrize(
    ("later", "turn"), [(RULES.busy_for - TICK, Turn.BUSY), (RULES.busy_for, Turn.GO)]
)
def test_one_submit_at_a_time_but_a_killed_one_does_not_block_for_ever(later, turn):
    _, busy = submitted(OPEN)
    assert submitted(busy, NOW + later)[0] is turn


def test_a_busy_link_takes_no_guess_at_the_number():
    _, busy = submitted(OPEN)
    assert submitted(busy, right=False) == (Turn.BUSY, busy)


def test_the_tenth_refused_password_ends_the_link():
    state = OPEN
    for _ in range(9):
        _, state = submitted(state)
        state = life.refused(state, RULES)
        assert state.ended is None
    _, state = submitted(state)
    assert life.refused(state, RULES).ended is LinkEnd.TOO_MANY_SUBMITS


def test_a_submit_that_failed_by_our_fault_costs_nothing():
    _, state = submitted(OPEN)
    back = life.given_back(state)
    assert (back.submits, back.busy_until) == (0, None)
    assert life.given_back(OPEN).submits == 0


@pytest.mark.parametrize(
    ("later", "ended"),
    [(RULES.session_idle, None), (timedelta(minutes=25), LinkEnd.EXPIRED)],
    ids=["idle: the mailed link opens another page", "expired"],
)
def test_a_late_submit_is_over(later, ended):
    turn, state = submitted(OPEN, NOW + later)
    assert (turn, state.ended) == (Turn.OVER, ended)


def test_looking_at_the_page_keeps_it_open():
    looked = life.seen(OPEN, NOW + RULES.session_idle - TICK)
    assert life.page_end(looked, RULES, NOW + RULES.session_idle) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["right", "wrong", "refused", "back", "open", "seen"]),
            st.integers(0, 400),
        ),
        max_size=40,
    )
)
def test_no_story_exceeds_three_numbers_or_ten_submits(story):
    state, now, wrong, submits = OPEN, NOW, 0, 0
    for act, seconds in story:
        now += timedelta(seconds=seconds)
        if act in {"right", "wrong"}:
            turn, state = submitted(state, now, right=act == "right")
            wrong = 0 if turn is Turn.GO else wrong + (turn is Turn.WRONG_NUMBER)
            submits += turn is Turn.GO
            assert turn is not Turn.GO or life.page_end(state, RULES, now) is None
        elif act == "refused":
            state = life.refused(state, RULES) if state.busy_until else state
        elif act == "back":
            submits -= state.submits > 0 and state.busy_until is not None
            state = life.given_back(state) if state.busy_until else state
        elif act == "open":
            state = life.opened(state, now) if life.opening_end(state, now) is None else state
        else:
            state = life.seen(state, now) if not life.page_end(state, RULES, now) else state
        assert wrong <= RULES.number_tries
        assert now < NOW + timedelta(minutes=25) or submitted(state, now)[0] is Turn.OVER
    assert state.submits == submits
