"""Passwords typed into a chat: found and taken out before anything is stored.

The rule (security.md: no secret in a log or chat) is one-sided: leaving a part of a password is
worse than taking a word too many. Every recognised password disappears with the whole run of
characters around it; what stays is readable enough to be answered.

Four ways to be recognised: *in context* ("password saya kucing123", "pw: …", "my password is …"),
*by shape alone* (upper and lower case, digits, symbols mixed as no word, number or address mixes
them), *beside a login* ("budi.santoso / kucing123"), and *near a word for password*, where letters
and digits mixed are enough. The scan reads each word a bounded number of times: linear in the
text's length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from nlu.ordinary import STOPPERS, is_ordinary
from nlu.secret_nearby import beside_logins, is_user_name, near_cues
from nlu.secret_words import (
    LEADING,
    REQUESTS,
    TRAILING,
    WORD,
    Word,
    cues_of,
    is_cue,
    is_hinted,
    split_head,
)
from nlu.shapes import has_digits_and_letters, is_identifier, is_secret_shape, is_weak_shape
from nlu.tables import words

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = "[redacted]"
_MOST_LOOKS = 5
_SIGN = re.compile(r"[0-9#$%^&*@+=~|\\<>{}\[\]:/]|[?!](?=\S)")
"""A password that no word announces holds one of these."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text without passwords, and whether there was one."""

    text: str
    found: bool


def redact(text: str) -> Redacted:
    """Return `text` with every recognised password replaced by `[redacted]`.

    What is left is looked at again: without a password its neighbours may look like one.
    """
    redacted = _redact(text)
    for _ in range(_MOST_LOOKS):
        again = _redact(redacted.text) if redacted.found else redacted
        if again.text == redacted.text:
            break
        redacted = again
    return redacted


def _redact(text: str) -> Redacted:
    if text.isascii() and _SIGN.search(text) is None and not is_hinted(text):
        return Redacted(text, found=False)
    line = [Word.of(match) for match in WORD.finditer(text)]
    cues = cues_of(line, text)
    found = [*_in_context(line, text, cues), *_by_shape(line)]
    found += [*beside_logins(line), *near_cues(line, cues)]
    spans = _merge(sorted(found))
    if not spans:
        return Redacted(text, found=False)
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], MARKER)
        at = end
    return Redacted("".join([*parts, text[at:]]), found=True)


_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019"}
_BINDERS = words("adalah ialah yaitu yakni is was are = : := -> => → == isnya")
_SOFT = words("jadi menjadi jd to ke as")
_CHANGES = words("ganti mengganti ubah mengubah merubah rubah change changed changing set update")
_OWNERS = words("""
saya sy aku ak gue gw gua ku my our lama baru sekarang skrg new old current lamanya barunya
sementara temporary kami kita awak i'm default awal terakhir
""")
_FILLERS = _OWNERS | words("""
akun account sso email e-mail itb ina portal siakad lms wifi laptop yang yg utk untuk for of the
the- kampus buat nya dari on in milik tadi kemarin dulu at user mailbox office 365 o365
microsoft teams login masuk punya mahasiswa dosen student staff should be now saat pc this
that with pakai pake pakek dengan dgn itu ini namely like it's account's masih tetap
tetep sama still
""")
_POLITE = words("ya yaa min kak pak bu gan nih dong sih mas mbak sir please")
_VERB_FORM = re.compile(r"(?:ter|di|ber)[a-z]{3,}\Z|[a-z]{3,}(?:nya|kan)\Z")
_BEFORE = _BINDERS | words("itu ini my the as sebagai buat")
_ANNOUNCING = words("adalah ialah yaitu yakni")
_IS = ("'s", "\u2019s")
_BELONGINGS = words("expiry expiration complexity format validity status lifetime owner hash")
"""What a password has: "my password's expiry"."""
_OTHER_NAMES = words("""
nim nip nrp nopeg nama name email e-mail mail user username userid login id akun account wa hp telp
telepon phone nomor nomer no number tiket ticket kode otp code error errornya pesan message tanggal
tgl date link tautan url unit prodi subject perihal re fwd
""")
"""Words before a colon that announce something else."""
_REACH = 9
"""Words looked at between the cue and the value."""
_RUN = 12
"""Words a passphrase may have."""
_SHORTEST = 4


_Span = tuple[int, int]


def _merge(spans: list[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _by_shape(line: list[Word]) -> list[_Span]:
    return [(word.start, word.end) for word in line if is_secret_shape(word.raw)]


# -- in context -------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Context:
    """What stands between the cue and the value."""

    at: int
    """Index of the word the value begins in."""
    offset: int
    """Characters of that word which still belong to the cue ("pw:")."""
    bound: bool
    """An explicit "is", ":" or "=" was there."""
    written: bool
    """The binding was a colon, equals sign or arrow."""
    soft: bool
    """A new value is announced: "change my password to", "ganti password jadi"."""
    owned: bool
    """Words such as "my", "saya", "-nya" were there."""
    requested: bool
    """The cue is part of a request ("reset password: 13519001")."""


def _in_context(line: list[Word], text: str, cues: Mapping[int, re.Match[str]]) -> list[_Span]:
    spans: list[_Span] = []
    for index, cue in cues.items():
        _, rest, written = split_head(line[index])
        spans += _before(line, index)
        own = cue.group("own")
        bound = own in _IS and _ends_soon(line, index + 1)
        context = _walk(line, index, rest, written=written, bound=bound, owned=own is not None)
        found = [] if context is None else _value(line, context, text)
        if not found:
            context = _announced(line, index)
            found = [] if context is None else _value(line, context, text)
        spans += found
    return spans


def _ends_soon(line: list[Word], at: int) -> bool:
    # "my pw's katasaja, …", but not "my password's expiry date".
    if at >= len(line) or line[at].bare in _BELONGINGS:
        return False
    return at + 1 == len(line) or line[at].closes or line[at + 1].bare in STOPPERS


def _announced(line: list[Word], cue: int) -> _Context | None:
    """Find what a colon or "adalah" further on announces ("sandi dari petugas waktu itu: …")."""
    for at in range(cue + 1, min(cue + 1 + _REACH, len(line) - 1)):
        word = line[at]
        colon = word.raw[-1] in ":="
        if word.closes or (colon and word.bare in _OTHER_NAMES):
            return None
        shaped = not line[at + 1].bare.isalpha()
        if colon or (word.bare in _ANNOUNCING and shaped):
            requested = _is_asked(line, cue, REQUESTS)
            return _Context(at + 1, 0, True, True, False, True, requested)
    return None


def _walk(  # noqa: C901 - one branch for each role a word can play
    line: list[Word], cue: int, rest: int, *, written: bool, bound: bool, owned: bool
) -> _Context | None:
    """Step over "akun saya yang baru adalah" to the word that may be the value."""
    requested = _is_asked(line, cue, REQUESTS)
    if rest:
        return _Context(cue, rest, True, written, False, owned, requested)
    if line[cue].raw[-1] in ".?!;," and not written:
        return None
    bound, soft = bound or written, False
    for at in range(cue + 1, min(cue + 1 + _REACH, len(line))):
        word = line[at]
        match _role(word, line[at].raw, bound=bound, written=written):
            case "binder":
                bound, written = True, written or word.raw[0] in ":=-\u2192"
            case "colon":
                rest = split_head(word)[1]
                if rest:
                    return _Context(at, rest, True, True, soft, True, requested)
                bound = written = True
            case "soft":
                soft = _is_asked(line, cue, _CHANGES)
            case "polite":
                owned = False
            case "filler":
                owned = owned or word.bare in _OWNERS
                if word.raw[-1] in ".?!;":
                    return None
            case _ if not (bound or soft) and _is_other_login(
                word, owned=owned, requested=requested
            ):
                owned = False
            case _:
                return _Context(at, 0, bound, written, soft, owned, requested)
    return None


def _role(word: Word, raw: str, *, bound: bool, written: bool) -> str:
    head, _, colon = split_head(word)
    if word.bare in _BINDERS or raw in _BINDERS:
        return "binder"
    if colon and head in _FILLERS | _BINDERS | _POLITE:
        return "colon"
    if word.bare in _SOFT:
        return "soft"
    if word.bare in _POLITE:
        return "polite"
    return "filler" if word.bare in _FILLERS and not (bound and written) else "value"


def _is_other_login(word: Word, *, owned: bool, requested: bool) -> bool:
    # "password akun budi.santoso itu …": the account's name stands between.
    if word.bare.isdigit():
        return requested or not owned
    return is_identifier(word.raw)


def _is_asked(line: list[Word], cue: int, verbs: frozenset[str]) -> bool:
    # "Reset, the password … is known": asked for in another clause.
    before = takewhile(lambda word: not word.closes, reversed(line[max(0, cue - 3) : cue]))
    return any(word.bare in verbs for word in before)


def _value(line: list[Word], context: _Context, text: str) -> list[_Span]:
    first = line[context.at]
    start = first.start + context.offset
    quoted = _quoted(text, start, context)
    if quoted is not None:
        return [quoted]
    value = text[start : first.end]
    bare = value.rstrip(TRAILING).lstrip(LEADING).lower()
    if context.bound:
        return _bound_value(line, context, start, value, bare)
    if context.soft and _is_soft_value(value, bare):
        return [(start, first.end)]
    return _loose_value(line, context, start)


def _quoted(text: str, start: int, context: _Context) -> _Span | None:
    closing = _QUOTES.get(text[start])
    if closing is None:
        return None
    end = text.find(closing, start + 1, start + 80)
    if end < 0:
        return None
    inner = text[start + 1 : end].split()
    if not inner or all(is_ordinary(word.strip(TRAILING).lower()) for word in inner):
        return None
    if not context.bound and len(inner) > _RUN:
        return None
    while end + 1 < len(text) and not text[end + 1].isspace():
        end += 1
    return start, end + 1


def _bound_value(
    line: list[Word], context: _Context, start: int, value: str, bare: str
) -> list[_Span]:
    if context.requested and (is_identifier(value) or bare.isdigit()):
        return []
    passphrase = bare.isalpha() or "-" in bare
    if passphrase and is_ordinary(bare, participles=not context.written) and bare != "rahasia":
        if _is_phrase(line[context.at : context.at + 3]):
            return [(start, _run_end(line, context.at, passphrase=True))]
        return [] if context.written else _loose_value(line, context, start)
    return [(start, _run_end(line, context.at, passphrase=passphrase))]


def _is_phrase(line: list[Word]) -> bool:
    # "correct horse battery": a plain word, and two that nobody says about a password.
    return (
        len(line) == 3  # noqa: PLR2004 - the three words of the docstring
        and not any(word.closes for word in line[:2])
        and not any(is_ordinary(word.bare) or not word.bare.isalpha() for word in line[1:])
    )


def _run_end(line: list[Word], at: int, *, passphrase: bool) -> int:
    """Return where a value of several words ends: "kuda makan rumput", "Bandung 2024 #1"."""
    end = line[at].end
    if line[at].closes and line[at].raw[-1] != "!":
        return end
    for word in line[at + 1 : at + _RUN]:
        if word.bare in STOPPERS or is_cue(word):
            break
        shaped = (
            not word.bare.isalpha() and not is_ordinary(word.bare) and not is_identifier(word.raw)
        )
        if not (shaped or (passphrase and word.bare.isalpha())):
            break
        end = word.end
        if word.closes:
            break
    return end


def _is_soft_value(value: str, bare: str) -> bool:
    if bare.isdigit():
        return len(bare) >= _SHORTEST + 2
    if is_ordinary(bare) or is_identifier(value) or len(bare) < _SHORTEST:
        return False
    return not bare.isalpha() or _VERB_FORM.match(bare) is None


def _loose_value(line: list[Word], context: _Context, start: int) -> list[_Span]:
    """Without "is": the run of unusual words counts when one of them has a password's shape."""
    if context.requested and not context.owned:
        return []  # "lupa password akun Kost48": the name of an account
    end = None
    for at in range(context.at, min(context.at + _RUN, len(line))):
        word = line[at]
        raw = word.raw[context.offset :] if at == context.at else word.raw
        bare = word.bare[context.offset :] if at == context.at else word.bare
        if is_ordinary(bare, participles=False) or bare in _FILLERS or is_cue(word):
            break
        if _is_loose_secret(raw, bare, context, first=at == context.at):
            end = word.end
        elif at > context.at and is_identifier(raw):
            break
        if word.closes and word.raw[-1] != "!":
            break
    return [] if end is None else [(start, end)]


def _is_loose_secret(raw: str, bare: str, context: _Context, *, first: bool) -> bool:
    if bare.isdigit():
        return context.owned and not context.requested and len(bare) >= _SHORTEST
    if is_identifier(raw) or len(bare) < _SHORTEST:
        return False
    if first and context.owned and "-" in bare[1:-1]:
        return True
    return is_weak_shape(raw)


def _before(line: list[Word], cue: int) -> list[_Span]:
    # "kucing123 itu password saya": the value stands before its name.
    at = cue - 1
    if at >= 0 and line[at].bare == "kata":
        at -= 1
    while at >= 0 and line[at].bare in _BEFORE:
        at -= 1
    if at < 0 or (line[at].closes and line[at].raw[-1] != ","):
        return []
    word = line[at]
    if not has_digits_and_letters(word.raw) or is_identifier(word.raw) or is_ordinary(word.bare):
        return []
    if is_user_name(line, at):
        return []
    return [(word.start, word.end)] if len(word.bare) >= _SHORTEST + 2 else []
