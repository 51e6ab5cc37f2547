"""Small talk beside a flow, and what the backend tells unasked."""

import pytest
from builders import Intent, keys, said

from handlers.conversation import step
from handlers.flow import FlowName
from handlers.kernel import (
    GuestsDecided,
    LinkEnded,
    MailDelayed,
    PasswordChanged,
    Purpose,
)
from handlers.model import Active, Conversation
from handlers.verification import AwaitCode

EMPTY = Conversation()
CODE = AwaitCode(Purpose.RESET_PASSWORD, "budi", "c-1", 8)
IN_RESET = Conversation(active=Active(FlowName.RESET_PASSWORD, 1, CODE), flows=1, login="budi")


@pytest.mark.parametrize(
    ("state", "intent", "texts"),
    [
        (EMPTY, Intent.GREET, ["smalltalk.greet"]),
        (EMPTY, Intent.THANK, ["smalltalk.thank"]),
        (EMPTY, Intent.GOODBYE, ["smalltalk.goodbye"]),
        (EMPTY, Intent.HELP, ["help.menu"]),
        (IN_RESET, Intent.GREET, ["smalltalk.hello", "code.ask_code"]),
        (IN_RESET, Intent.THANK, ["smalltalk.thank", "code.ask_code"]),
        (IN_RESET, Intent.HELP, ["help.in_flow", "code.ask_code"]),
    ],
)
def test_small_talk_does_not_end_a_flow(state, intent, texts):
    talked, effects = step(state, said("hai", intent))
    assert (talked.active, keys(effects)) == (state.active, texts)


@pytest.mark.parametrize(
    ("event", "texts"),
    [
        (PasswordChanged("bu***", "applied"), ["notice.password_changed"]),
        (PasswordChanged("bu***", "unknown"), ["notice.password_unknown"]),
        (PasswordChanged("bu***", "refused"), ["notice.password_not_changed"]),
        (LinkEnded("expired"), ["notice.link_expired"]),
        (LinkEnded("identity_changed"), ["broken.identity"]),
        (LinkEnded("refused_too_often"), ["notice.link_refused"]),
        (MailDelayed(), ["notice.mail_delayed"]),
        (GuestsDecided("ITB-2026-000001", True, 5), ["notice.guests_approved"]),
        (GuestsDecided("ITB-2026-000001", False, 0), ["notice.guests_refused"]),
    ],
)
def test_what_the_backend_tells_unasked(event, texts):
    assert keys(step(EMPTY, event).effects) == texts
