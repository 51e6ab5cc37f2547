"""The risk gate, reason by reason, with its boundaries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from identity_world import BUDI

from backend.domain.risk import KnownIdentity, Risk, RiskRules, assess, identity_changed
from backend_client import wire

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RULES = RiskRules()


def gate(*, changed_identity=False, resets=(), **account):
    return assess(
        RULES,
        replace(BUDI, **account),
        changed_identity=changed_identity,
        resets=[NOW - age for age in resets],
        now=NOW,
    )


def days(count):
    return timedelta(days=count)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"locked": True}, None),
        ({"privileged": True}, Risk.PRIVILEGED),
        ({"recovery_email_changed_at": NOW - days(7)}, None),
        ({"recovery_email_changed_at": NOW - days(7) + TICK}, Risk.RECOVERY_EMAIL_CHANGED),
        ({"recovery_email_changed_at": NOW}, Risk.RECOVERY_EMAIL_CHANGED),
        ({"recovery_email_changed_at": NOW + days(1)}, Risk.RECOVERY_EMAIL_CHANGED),
        ({"frozen_until": NOW}, None),
        ({"frozen_until": NOW + TICK}, Risk.FROZEN),
        ({"enabled": False}, Risk.ACCOUNT_NOT_USABLE),
        ({"valid_until": NOW}, Risk.ACCOUNT_NOT_USABLE),
        ({"valid_until": NOW + TICK}, None),
        ({"valid_from": NOW}, None),
        ({"valid_from": NOW + TICK}, Risk.ACCOUNT_NOT_USABLE),
        ({"changed_identity": True}, Risk.IDENTITY_CHANGED),
        ({"resets": [days(0)]}, None),
        ({"resets": [days(0), days(1) - TICK]}, Risk.REPEATED_RESETS),
        ({"resets": [days(0), days(1)]}, None),
        ({"resets": [days(0)] * 3}, Risk.REPEATED_RESETS),
    ],
    ids=str,
)
def test_each_reason_has_its_boundary(facts, reason):
    assert gate(**facts) == reason


def test_the_gravest_reason_is_told():
    facts = {
        "frozen_until": NOW + days(1),
        "privileged": True,
        "enabled": False,
        "recovery_email_changed_at": NOW,
        "changed_identity": True,
        "resets": [days(0)] * 2,
    }
    undone = [
        ("frozen_until", None, Risk.FROZEN),
        ("privileged", False, Risk.PRIVILEGED),
        ("enabled", True, Risk.ACCOUNT_NOT_USABLE),
        ("recovery_email_changed_at", None, Risk.RECOVERY_EMAIL_CHANGED),
        ("changed_identity", False, Risk.IDENTITY_CHANGED),
        ("resets", (), Risk.REPEATED_RESETS),
    ]
    for fact, harmless, reason in undone:
        assert gate(**facts) is reason
        facts[fact] = harmless
    assert gate(**facts) is None


def known(identity, first, last=0):
    return KnownIdentity(identity, NOW - days(first), NOW - days(last))


@pytest.mark.parametrize(
    ("history", "changed"),
    [
        pytest.param([], False, id="never proven before"),
        pytest.param([known("me", 0)], False, id="only ever me"),
        pytest.param([known("you", 1)], True, id="somebody else yesterday"),
        pytest.param([known("you", 99, 90)], False, id="somebody else 90 days ago"),
        pytest.param([known("you", 99, 89.99)], True, id="just within 90 days"),
        pytest.param([known("you", 30), known("me", 7)], False, id="settled for 7 days"),
        pytest.param([known("you", 30), known("me", 6.99)], True, id="not settled yet"),
        pytest.param([known("me", 3), known("you", 1)], False, id="I was there first"),
        pytest.param([known("me", 200, 100), known("you", 9)], True, id="I am long forgotten"),
    ],
)
def test_a_second_identity_is_a_change_until_it_has_settled(history, changed):
    assert identity_changed(RULES, "telegram", "me", history, NOW) is changed


@pytest.mark.parametrize(
    ("channel", "changed"),
    [("telegram", True), ("whatsapp", True), ("teams", True), ("web", False), ("rest", False)],
)
def test_only_channels_with_lasting_identities_are_watched(channel, changed):
    assert identity_changed(RULES, channel, "me", [known("you", 1)], NOW) is changed


def test_every_reason_can_be_told_to_the_bot():
    assert {risk.value for risk in Risk} == {reason.value for reason in wire.HumanReason}
