"""The words of a message as the search for passwords sees them, and words that name a password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nlu.tables import words

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = re.compile(r"\S+")
TRAILING = ".,;:!?)]}>\"'`\u201d\u2019"
LEADING = "([{<\"'`\u201c\u2018"
REQUESTS = words("""
reset mereset direset lupa lupakan ganti mengganti ubah mengubah merubah rubah forgot forget
change resetting resetkan ganti2 riset reseting recover lost hilang request permintaan minta
kendala permohonan subject perihal hal layanan topik masalah problem trouble help
""")
"""Words that say what is wished about a password; what follows may name the account."""
_CUE = re.compile(
    r"(?:p+a+s{1,3}[a-z]{0,2}w[a-z]{0,3}r?d?[a-z]?|passphrase|passcode|passkey"
    r"|ps{1,3}w(?:o?r)?d?|passwd|pwd?|pass?wr?d|sandi|katasandi|pass)"
    r"(?P<own>nya|ny|ku|mu|q|mya|ne|na|['\u2019]?s)?\Z"
)
_HINT = re.compile(r"p(?:[a@4]+[s$]|[s$]{0,3}w|/w)|[s$][a@4]ndi|kunci|word", re.IGNORECASE)
"""Every cue holds one of these."""
_SPELLED_OTHERWISE = {"p/w": "pw", "kata-sandi": "katasandi"}
_FIRST_HALVES = words("pas pass")
_AS_LETTERS = str.maketrans("@04$", "aoas")
_LONGEST_HEAD = 40


class Word(NamedTuple):
    """A run of non-blank characters: where it stands, as written and as compared."""

    start: int
    end: int
    raw: str
    bare: str
    """Lower case, without the punctuation around it."""

    @classmethod
    def of(cls, match: re.Match[str]) -> Word:
        """Make a word of a match of `WORD`."""
        raw = match.group()
        bare = raw if raw.isalnum() else raw.rstrip(TRAILING).lstrip(LEADING)
        return cls(match.start(), match.end(), raw, bare.lower() or raw)

    @property
    def closes(self) -> bool:
        """The clause ends after this word."""
        return self.raw[-1] in ".,;?!"


def split_head(word: Word) -> tuple[str, int, bool]:
    """Split "pw:kucing" → ("pw", 3, True); without a colon the offset is 0."""
    raw = word.raw
    for position, char in enumerate(raw[:_LONGEST_HEAD]):
        if position and (char in ":=\u2192" or raw.startswith("->", position)):
            end = position + 1
            while end < len(raw) and raw[end] in ":=>\u2192":
                end += 1
            head = raw[:position].lower().lstrip(LEADING + "*-_/\u2022")
            return _last_part(head), end if end < len(raw) else 0, True
    return _last_part(word.bare), 0, False


def _last_part(head: str) -> str:
    # "user/pass" ends in the cue.
    if head in _SPELLED_OTHERWISE:
        return _SPELLED_OTHERWISE[head]
    return head.rsplit("/", 1)[-1].strip("*_-").replace("-nya", "nya")


def cues_of(line: Sequence[Word], text: str) -> dict[int, re.Match[str]]:
    """Return the words of `text` that name a password: their indexes, and what matched."""
    if not is_hinted(text):
        return {}
    hinted = (index for index, word in enumerate(line) if is_hinted(word.raw))
    found = ((index, _cue_at(line, index)) for index in hinted)
    return {index: cue for index, cue in found if cue is not None}


def is_hinted(text: str) -> bool:
    """Say whether `text` may hold a cue."""
    return _HINT.search(text) is not None


def _cue_at(line: Sequence[Word], index: int) -> re.Match[str] | None:
    """Return the match when the word at `index` names a password ("pw", "sandiku", "P@ssword")."""
    head = split_head(line[index])[0][:_LONGEST_HEAD]
    if head == "kata" and index + 1 < len(line):
        return None  # "kata sandi": the cue is the next word
    if head.startswith("kunci") and index and line[index - 1].bare == "kata":
        head = head.replace("kunci", "sandi", 1)
    if head.startswith("word") and index and line[index - 1].bare in _FIRST_HALVES:
        head = f"pass{head}"
    return _CUE.match(head) or _CUE.match(head.translate(_AS_LETTERS))


def is_cue(word: Word) -> bool:
    """Say whether `word` names a password by itself."""
    return _CUE.match(split_head(word)[0]) is not None
