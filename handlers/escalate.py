"""Hand the person to a human: at any point, whatever was going on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from handlers.flow import FlowName, ticket

if TYPE_CHECKING:
    from handlers.kernel import OpenTicket
    from nlu.types import Understanding

ALARM: Final = "security"
"""The category of an account in a stranger's hands."""
_ABUSED: Final = re.compile(
    r"\b(di ?(hack|retas|bajak|bobol|curi)\w*|hack\w*|peretas\w*|stolen|hijack\w*"
    r"|phish\w*|diambil alih|taken over|bukan saya yang|wasn'?t me|unauthori[sz]ed"
    r"|someone else (is|has)|di ?(pakai|pake|gunakan) orang|used by some(one|body)"
    r"|(ada (yang|orang)|orang (lain|asing)|seseorang|some(one|body)) "
    r"((lain|else|yang|yg|sudah|udah|telah|coba|mencoba|has|have|is) ){0,3}"
    r"(ganti|gonta|ubah|reset|pakai|pake|masuk|login|akses|ambil|mengganti|mengubah|mereset"
    r"|memakai|menggunakan|mengakses|mengambil|chang\w+|us(es|ed|ing)|resets?|logg?ed|logs"
    r"|access\w*|took) (\w+ ){0,2}(akun|password|sandi|kata sandi|email|account|e-mail)\w*)\b",
    re.IGNORECASE,
)
_NOT_ME: Final = re.compile(
    r"\b(bukan (saya|aku|gue|gua|gw)|not me"
    r"|i (didn'?t|did not|never) (do|did|change|changed|reset|ask|asked|request|requested)"
    r"|(saya|aku|gue|gw) (tidak|tdk|nggak|enggak|gak|ga|tak|ngga) ((pernah|merasa|habis|baru) )*"
    r"(ganti|mengganti|menggantinya|reset|mereset|melakukan))\b",
    re.IGNORECASE,
)


_STILL: Final = re.compile(
    r"\b(masih|msh|tetap|tetep|belum|blm|still|not|isn'?t|doesn'?t|won'?t)"
    r"( (juga|saja|aja|belum|blm|tidak|ga|gak|bisa|not|yet|really))* "
    r"(beres|selesai|bisa|error|eror|gagal|sama|rusak|bermasalah|terkunci|jalan|masuk|fixed|solved"
    r"|resolved|done|work\w*|broken|failing|fails|locked|the same)\b"
    r"|\b(muncul|error|terjadi|kejadian|rusak|terkunci|gagal) lagi\b|\bkambuh\b"
    r"|\b(is|it'?s|came|comes) back\b|\b(happen\w*|locked|broken) again\b",
    re.IGNORECASE,
)


def is_back(text: str) -> bool:
    """Tell whether `text` says that a problem is not solved, or is there again."""
    return _STILL.search(text) is not None


def is_alarm(text: str, *, changed: bool) -> bool:
    """Tell whether `text` says that an account is in a stranger's hands.

    `changed`: a change of a password was told lately, so that "not me" says so, too.
    """
    return _ABUSED.search(text) is not None or (changed and _NOT_ME.search(text) is not None)


def handoff(
    meaning: Understanding | None,
    flow: FlowName | None,
    login: str | None,
    grant: str | None,
    *,
    changed: bool = False,
) -> OpenTicket:
    """Return the ticket for what was going on (`flow`) or for what the message says.

    An account in a stranger's hands goes first, whatever the flow was; `changed` as in `is_alarm`.
    """
    text = meaning.text if meaning else ""
    opened = ticket(flow, "summary.asked", login=login, grant=grant)
    if is_alarm(text, changed=changed):
        return replace(opened, category=ALARM, priority="urgent", summary="summary.abused")
    return opened
