"""The parts of a message: sentences, "and also", what is *not* wanted, and corrections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nlu.tables import words

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPLIT = re.compile(
    r"""
      (?<![\d.])[.](?!\d)(?:\s|\Z) | [!?;\n]+ | (?<!\d),(?!\d)
    | \b(?=[abcdhijklmopst])  # no other letter begins one
      (?: sekalian | sekaligus | terus | trus | kemudian | selain[ ]itu | oh[ ]iya | oiya | btw
          | by[ ]the[ ]way | also | and[ ]then | additionally | plus | lalu | habis[ ]itu
          | abis[ ]itu | sama[ ]mau | dan | and | but | tapi | tp | melainkan | cuma | cuman
          | hanya | just | instead )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOT = "ga gak gk nggak tidak tdk ngga enggak engga ndak nda kagak kaga tak"
_FORBIDDEN = re.compile(
    r"""
    (?:\A|\b)(?: jangan(?:lah)? | jgn | gausah | gamau | gajadi
        | (?:ga|gak|gk|nggak|tidak|tdk|ngga|enggak|engga|ndak|nda|kagak|kaga|tak|ora)[ ]?
          (?:usah|perlu|mau|ingin|pengen|pgn|minta|jadi|butuh)
        | bukan(?:nya)?[ ](?:mau|ingin|minta|pengen|untuk|buat|soal|masalah|lupa|reset|ganti|akun
            | sso)
        | \A\s*bukan[ ](?=password|sandi|kata[ ]sandi|pw|kode|otp|email|nomor|no[ ]hp|tiket)
        | do[ ]?n[o']?t[ ](?:want|need|wish)(?:[ ]to)?
        | do[ ]?n[o']?t[ ](?=reset|change|unlock|check|cancel|delete|open|send|touch)
        | i[ ]did[ ]?n[o']?t[ ]forget | never[ ]mind[ ]the | rather[ ]than | instead[ ]of
        | not[ ](?:want|need|about|asking|trying|looking|here)
        | not[ ](?:an?|my|the)[ ](?:campus[ ]|university[ ]|sso[ ])?
          (?=password|reset|account|unlock|locked|code|ticket)
        | no[ ]need(?:[ ]to|[ ]for)? | no[ ]longer[ ](?:want|need)
        | without[ ](?:resetting|changing)
      )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_FORBIDDING = words(f"""
{_NOT} ora jangan janganlah jgn gausah gamau gajadi bukan bukannya do don dont donot never rather
instead not no without i
""") | {
    f"{no}{verb}"
    for no in words(f"{_NOT} ora")
    for verb in words("usah perlu mau ingin pengen pgn minta jadi butuh")
}
"""What forbids holds one of these, what withdraws or calls off one of those below."""
_WITHDRAWN = re.compile(
    r"""
    \b(?=[aceimnorsw])
    (?: (?:eh|oh|aduh)[ ,.]+(?:bukan|salah|ga|gak|nggak|tidak|ngga|enggak|engga|ndak)
          (?:[ ](?:ding|deng|deh|jadi))?
        | ralat | maksud(?:nya|ku|[ ](?:saya|aku|gue|gua))
        | (?:i[ ])?mea?nt?[ ]to[ ]say | i[ ]mea?nt? | scratch[ ]that | correction
        | (?:oh|oops|wait|actually|sorry)[ ,.]+no | no[ ,.]+(?:wait|sorry)
      )\b[\s,.:!]*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WITHDRAWING = words("""
eh oh aduh ralat maksud maksudnya maksudku men ment mean meant scratch correction oops wait
actually sorry no
""")
_STATES = words("lupa terkunci kunci blokir")
_DENYING = words("tidak bukan not never")
_BETWEEN = words("pernah ever sedang sampai kena lagi saya my the a an i")
_CALLED_OFF = re.compile(
    r"""
    \b(?=[efgkltn])
    (?: (?:ga|gak|gk|nggak|tidak|tdk|ngga|enggak|engga|ndak|nda|kagak|kaga|tak)[ ]?jadi
        | never[ ]?mind | nvm | forget[ ]it | lupakan[ ]saja )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
CALLING_OFF = words("jadi never nevermind nvm forget lupakan") | {
    f"{no}jadi" for no in words(_NOT)
}
_ADDING = words("sekalian sekaligus selain oh oiya btw by also additionally plus dan and")
_LEFT_OVER = words(
    "saya mau ingin aku gue i to the a an my dulu ya kok nih min kak please tolong pengen"
    " eh oh deh"
)
_WORD = re.compile(r"\w+")
_MOST = 12
_LOOKED_AT = 1_000
"""Characters in which a correction is looked for."""


class Clause(NamedTuple):
    """A part of a message. `forbidden`: it says what is not wanted."""

    text: str
    forbidden: bool
    added: bool = False
    """It begins with "and", "sekalian", "also": a further wish, not the story of the first."""


def clauses(text: str, said: frozenset[str]) -> list[Clause]:
    """Split `text`, whose words are `said`, into at most twelve clauses, without empty ones."""
    parts: list[Clause] = []
    forbids = not said.isdisjoint(_FORBIDDING)
    at = 0
    for match in _SPLIT.finditer(text):
        parts.append(_clause(text[at : match.start()], forbids=forbids))
        at = match.start() if match.group()[0].isalpha() else match.end()
        if len(parts) == _MOST:
            break
    parts.append(_clause(text[at:], forbids=forbids))
    return [part for part in parts if _says_something(part.text)]


def _clause(text: str, *, forbids: bool) -> Clause:
    first = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    forbidden = forbids and _FORBIDDEN.search(text) is not None
    return Clause(text, forbidden, added=first in _ADDING)


def _says_something(text: str) -> bool:
    return any(char.isalnum() for char in text)


def object_of(clause: Clause) -> str:
    """Return a forbidden clause without its "do not", to see what is not wanted."""
    return _FORBIDDEN.sub(" ", clause.text)


def corrected(text: str, said: frozenset[str]) -> str | None:
    """Return what stands after "eh bukan", "I mean", "ralat": it takes back what was before."""
    if said.isdisjoint(_WITHDRAWING):
        return None
    for match in reversed(list(_WITHDRAWN.finditer(text[:_LOOKED_AT]))):
        before, after = text[: match.start()], text[match.end() :]
        if _says_something(before) and _says_something(after):
            return after
    return None


def is_called_off(text: str) -> bool:
    """Say whether a clause calls things off ("ga jadi min", "never mind") and says no more."""
    rest, times = _CALLED_OFF.subn(" ", text)
    return times > 0 and is_bare(rest)


def without_denied(canonical: Sequence[str]) -> list[str] | None:
    """Return the words of a clause that denies a state ("bukan terkunci"), without the denial.

    None when it denies none. "Tidak bisa login" denies nothing: it is what the matter is.
    """
    for at, word in enumerate(canonical):
        if word in _DENYING:
            follows = next((each for each in canonical[at + 1 :] if each not in _BETWEEN), "")
            if follows in _STATES:
                return [*canonical[:at], *canonical[at + 1 :]]
    return None


def is_bare(text: str) -> bool:
    """Say whether only filler words are there ("saya mau")."""
    return all(match.group() in _LEFT_OVER for match in _WORD.finditer(text.lower()))
