"""The ticket's status machine: every state with every trigger, and what a message does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain import tickets
from backend.domain.sla import ClockKind, ServiceClass
from backend.domain.tickets import (
    ACTIVE,
    ENDED,
    Heard,
    NotAllowed,
    Status,
    Trigger,
    after,
    format_number,
    hear,
    may_cancel,
)
from backend_client import wire

# One row a trigger, one column a state; "-" is refused.
TABLE = """
                  new       open       wait_user  wait_other resolved  closed  cancelled merged
claimed           open      open       wait_user  wait_other -         -       -         -
released          -         open       wait_user  wait_other -         -       -         -
transferred       -         open       wait_user  wait_other -         -       -         -
replied           -         open       wait_user  wait_other -         -       -         -
handed_back       -         open       wait_user  wait_other -         -       -         -
waits_for_user    -         wait_user  wait_user  wait_user  -         -       -         -
waits_for_others  -         wait_other wait_other wait_other -         -       -         -
taken_up          -         open       open       open       -         -       -         -
user_wrote        new       open       open       open       open      -       -         -
user_cancelled    cancelled cancelled  cancelled  cancelled  -         -       -         -
resolved          -         resolved   resolved   resolved   -         -       -         -
reopened          -         -          -          -          open      open    -         -
closed            -         -          -          -          closed    -       -         -
merged            merged    merged     merged     merged     -         -       -         -
"""


def cells():
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    for trigger, *targets in rows:
        for status, target in zip(header, targets, strict=True):
            yield pytest.param(status, trigger, target, id=f"{status}+{trigger}={target}")


@pytest.mark.parametrize(("status", "trigger", "target"), list(cells()))
def test_every_trigger_in_every_state(status, trigger, target):
    if target == "-":
        with pytest.raises(NotAllowed) as refusal:
            after(Status(status), Trigger(trigger))
        assert refusal.value.status == status
        assert refusal.value.trigger == trigger
    else:
        assert after(Status(status), Trigger(trigger)) == target


def test_the_table_above_is_complete():
    seen = {(cell.values[0], cell.values[1]) for cell in cells()}
    assert seen == {(s.value, t.value) for s in Status for t in Trigger}


@settings(deadline=None)  # other work shares the machine
@given(st.sampled_from(Status), st.lists(st.sampled_from(Trigger), max_size=30))
def test_no_way_leads_out_of_cancelled_and_merged_and_only_one_out_of_closed(status, triggers):
    for trigger in triggers:
        before = status
        try:
            status = after(status, trigger)
        except NotAllowed:
            continue
        assert before not in {Status.CANCELLED, Status.MERGED}
        assert before is not Status.CLOSED or trigger is Trigger.REOPENED
        assert status is not Status.CLOSED or before is Status.RESOLVED
        assert status is not Status.NEW or before is Status.NEW


NOW = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "text", "resolved_ago", "heard"),
    [
        pytest.param(Status.NEW, "halo?", None, Heard.ADDED, id="waiting in the queue"),
        pytest.param(Status.OPEN, "ini", None, Heard.ADDED, id="being worked on"),
        pytest.param(Status.WAIT_USER, "ini NIM saya", None, Heard.REOPENED, id="asked for"),
        pytest.param(Status.WAIT_OTHER, "sudah?", None, Heard.REOPENED, id="waits for others"),
        pytest.param(Status.WAIT_USER, "makasih", None, Heard.ADDED, id="thanks while waiting"),
        pytest.param(
            Status.RESOLVED, "belum bisa", WEEK, Heard.REOPENED, id="7 days to the second"
        ),
        pytest.param(
            Status.RESOLVED, "belum bisa", WEEK + SECOND, Heard.FOLLOWED_UP, id="a second later"
        ),
        pytest.param(Status.RESOLVED, "terima kasih", SECOND, Heard.ADDED, id="thanks at the end"),
        pytest.param(Status.CLOSED, "lagi", None, Heard.FOLLOWED_UP, id="closed"),
        pytest.param(Status.CLOSED, "thanks!", None, Heard.ADDED, id="thanks after closing"),
        pytest.param(Status.CANCELLED, "eh jadi", None, Heard.FOLLOWED_UP, id="cancelled"),
        pytest.param(Status.MERGED, "halo", None, Heard.FORWARDED, id="merged"),
        pytest.param(Status.MERGED, "makasih", None, Heard.FORWARDED, id="thanks to a merged one"),
    ],
)
def test_what_a_message_does(status, text, resolved_ago, heard):
    resolved_at = None if resolved_ago is None else NOW - resolved_ago
    assert hear(status, text, resolved_at=resolved_at, now=NOW) is heard


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("human_replied", [False, True])
def test_withdrawing_ends_with_the_first_human_reply(status, human_replied):
    expected = status in ACTIVE and not human_replied
    assert may_cancel(status, human_replied=human_replied) is expected


def test_active_and_ended_leave_only_resolved():
    assert set(Status) - ACTIVE - ENDED == {Status.RESOLVED}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (tickets.Status, wire.TicketStatus),
        (ClockKind, wire.ClockKind),
        (ServiceClass, wire.ServiceClass),
    ],
)
def test_domain_and_wire_use_the_same_words(ours, theirs):
    assert {one.value for one in ours} == {one.value for one in theirs}


@pytest.mark.parametrize(
    ("count", "number"),
    [(1, "ITB-2026-000001"), (123, "ITB-2026-000123"), (1234567, "ITB-2026-1234567")],
)
def test_numbers(count, number):
    assert format_number("ITB", 2026, count) == number
