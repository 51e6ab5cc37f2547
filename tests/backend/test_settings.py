"""Settings the backend refuses to start with."""

import pytest

from backend.settings import MIN_KEY, BackendSettings, UnsafeSettings, check

LONG = "k" * MIN_KEY


def given(**keys):
    return BackendSettings(_env_file=None, **keys)


@pytest.mark.parametrize(
    ("keys", "advice"),
    [
        ({"bot_key": "k" * (MIN_KEY - 1)}, "HELPDESK_BOT_KEY"),
        ({"operator_key": "short"}, "HELPDESK_OPERATOR_KEY"),
        ({"bot_key": LONG, "operator_key": LONG}, "the same"),
    ],
    ids=["short bot key", "short operator key", "one key for both"],
)
def test_keys_that_protect_nothing_are_refused(keys, advice):
    with pytest.raises(UnsafeSettings, match=advice) as refusal:
        check(given(**keys))
    assert LONG not in str(refusal.value)


@pytest.mark.parametrize(
    "keys",
    [{}, {"bot_key": "", "operator_key": ""}, {"bot_key": LONG, "operator_key": LONG + "o"}],
    ids=["none", "empty is unset", "two of enough length"],
)
def test_keys_of_their_own_are_taken(keys):
    check(given(**keys))
