"""Draw the flows' state diagrams from the code: `python docs/diagrams.py` writes the page.

Nothing is drawn by hand: every flow is walked from its beginning with every kind of event there
is, and what its `step` really does becomes an arrow.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handlers import conversation
from handlers.flow import FlowName, Wish
from handlers.guest_draft import Draft
from handlers.kernel import (
    AccountFacts,
    AgentJoined,
    AgentLeft,
    BackendFailed,
    CodeAccepted,
    CodeDead,
    CodeRejected,
    CodeSent,
    Document,
    FileFacts,
    FileStored,
    HandedBack,
    LinkSent,
    OfferChoices,
    Refused,
    Request,
    TicketCancelled,
    TicketFacts,
    TicketOpened,
    TicketsListed,
    Unlocked,
    UserChose,
    UserSaid,
    UserSentFile,
)
from handlers.model import FLOWS, Case, Control, Conversation
from handlers.request_guest_account import Collecting, Confirming
from nlu.types import Entity, EntityKind, Intent, Person, Understanding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.kernel import AnyEffect, AnyEvent

PAGE: Final = Path(__file__).parent / "reference" / "flows.md"
NOON: Final = datetime(2026, 3, 2, 5, tzinfo=UTC)
TODAY: Final = date(2026, 3, 2)
NUMBER: Final = "ITB-2026-000001"
DRAFT: Final = Draft(
    "Unit", "1/A", TODAY, "audit", (Person("Ulfa", "KAP", "u@example.com"),), TODAY, "Yulia", "08"
)


def _said(text: str, intent: Intent = Intent.OUT_OF_SCOPE, **found: str) -> UserSaid:
    entities = tuple(Entity(EntityKind(k), 0, len(text), v) for k, v in found.items())
    return UserSaid(Understanding(text, intent, 0.9, (), (), entities), TODAY)


def _account(status: str, human: str | None = None) -> CodeAccepted:
    return CodeAccepted("g", AccountFacts("b", "student", status, "b@example.net"), human)


EVENTS: Final[dict[str, AnyEvent]] = {
    "says yes": _said("ya", Intent.AFFIRM),
    "says no": _said("tidak", Intent.DENY),
    "names the account": _said("budi.santoso", login="budi.santoso"),
    "types eight digits": _said("12345678"),
    "writes an e-mail address": _said("ke baru@example.net", email="baru@example.net"),
    "names an account type": _said("saya mahasiswa"),
    "writes the last missing field": _said("Satuan Pengawas Internal"),
    "chooses what to change": UserChose(1, "edit:unit"),
    "wants a human for the code": UserChose(1, "no_code_human"),
    "sends a file": UserSentFile(FileFacts("f", "surat.pdf")),
    "FileStored": FileStored(Document("a" * 64, "surat.pdf", "application/pdf", 1)),
    "CodeSent": CodeSent("c", 8, 600, 60),
    "CodeAccepted": _account("active"),
    "CodeAccepted, locked": _account("locked"),
    "CodeAccepted, human needed": _account("active", "privileged"),
    "CodeRejected": CodeRejected(3, 5),
    "CodeRejected, no tries left": CodeRejected(0, 0),
    "CodeDead": CodeDead("expired"),
    "LinkSent": LinkSent("b@example.net", "42", 900),
    "Unlocked": Unlocked("applied"),
    "TicketsListed": TicketsListed((TicketFacts(NUMBER, "open", "other", NOON, NOON),)),
    "TicketOpened": TicketOpened(NUMBER, "other", True, NOON),
    **{
        f"Refused ({effect})": Refused(effect, "state_conflict")
        for effect in ("send_code", "check_code", "issue_reset_link", "unlock_account")
    },
    **{
        f"BackendFailed ({effect})": BackendFailed(effect)
        for effect in ("send_code", "check_code", "issue_reset_link", "unlock_account")
    },
    "Refused (file_guest_request)": Refused("file_guest_request", "invalid"),
}
Edges = dict[tuple[str, str], list[str]]


def _name(state: object) -> str:
    return "[*]" if state is None else type(state).__name__


def _starts(flow: FlowName) -> Iterator[Any]:
    """Every way the flow can begin: with nothing known, and with the account named."""
    for wish in (Wish(), Wish(login="budi.santoso")):
        yield FLOWS[flow].start(wish).state
    if flow is FlowName.REQUEST_GUEST_ACCOUNT:
        yield Collecting(Draft(), FLOWS[flow].start(_asking()).state.asking)


def _asking() -> Wish:
    return Wish(Understanding("minta akun tamu"), None, TODAY)


def _events(flow: FlowName, state: Any) -> Iterator[tuple[str, AnyEvent]]:  # noqa: ANN401 - any flow's
    yield from EVENTS.items()
    for effect in FLOWS[flow].prompt(state):
        if isinstance(effect, OfferChoices):
            for choice in effect.choices:
                yield f"presses {choice.value}", UserChose(1, choice.value)


def _walk(flow: FlowName) -> tuple[set[str], Edges]:
    """Return the states the flow can begin in, and every arrow that can be reached from them."""
    edges: Edges = defaultdict(list)
    starts = list(_starts(flow))
    waiting, seen = list(starts), set[str]()
    while waiting:
        state = waiting.pop(0)
        if state is None or _name(state) in seen:
            continue
        seen.add(_name(state))
        for label, event in _events(flow, state):
            move = FLOWS[flow].step(_whole(state, label), event)
            _draw(edges, _name(state), _name(move.state), label, move.effects)
            waiting.append(move.state)
    return {_name(state) for state in starts}, edges


def _whole(state: Any, label: str) -> Any:  # noqa: ANN401 - any flow's
    """Put a guest request one field before its end, so that one message completes it."""
    if isinstance(state, Collecting) and "last missing" in label:
        return Collecting(Draft(**{**_fields(DRAFT), "unit": ""}), state.asking)
    return Confirming(DRAFT) if isinstance(state, Confirming) else state


def _fields(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in draft.__struct_fields__}


def _draw(
    edges: Edges, source: str, target: str, label: str, effects: tuple[AnyEffect, ...]
) -> None:
    requests = [type(effect).__name__ for effect in effects if isinstance(effect, Request)]
    if source == target and not requests:
        return  # a question asked again, or an event that means nothing here
    text = f"{label} / {', '.join(requests)}" if requests else label
    if text not in edges[source, target]:
        edges[source, target].append(text)


def _diagram(starts: set[str], edges: Edges) -> str:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {start}" for start in sorted(starts)]
    for (source, target), labels in edges.items():
        lines += [f"    {source} --> {target}: {label}" for label in labels]
    return "\n".join([*lines, "```"])


# -- who answers ----------------------------------------------------------------------------
CONTROLS: Final[dict[str, AnyEvent]] = {
    "asks for a human / OpenTicket": _said("petugas", Intent.ESCALATE),
    "cancels / CancelTicket, TicketCancelled": TicketCancelled(NUMBER),
    "OpenTicket refused": Refused("open_ticket", "invalid"),
    "AgentJoined": AgentJoined(NUMBER, "agent"),
    "AgentLeft": AgentLeft(NUMBER),
    "HandedBack": HandedBack(NUMBER),
}


def _control() -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> BOT"]
    for control in Control:
        for label, event in CONTROLS.items():
            number = None if "refused" in label else NUMBER
            case = None if control is Control.BOT else Case(number)
            before = Conversation(control=control, case=case)
            after = conversation.step(before, event).state
            if after.control_version != before.control_version:
                lines.append(f"    {control.name} --> {after.control.name}: {label}")
    return "\n".join([*lines, "```"])


def page() -> str:
    """Return the whole page."""
    parts = [
        "# Flows",
        "",
        "Drawn from the code by `python docs/diagrams.py`; a test fails when this page is older",
        "than the code. An arrow is an event, and after `/` what is asked of the backend. Not drawn:",
        "what holds in every state (cancel, another wish, a human, ten minutes of silence), and",
        "questions that are only asked again. `verification` is part of every flow that needs proof.",
        "",
        "## Who answers",
        "",
        _control(),
    ]
    for flow in FlowName:
        parts += ["", f"## `{flow.value}`", "", _diagram(*_walk(flow))]
    return "\n".join([*parts, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
