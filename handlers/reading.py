"""How a flow reads an answer out of a message: codes, logins, yes and no.

The same eight digits are a student number to one question and a code to another: only the flow
knows what it asked, so the last word is here and not in the understanding.
"""

from __future__ import annotations

import re
from typing import Final

from handlers.kernel import AnyEvent, UserChose, UserSaid
from nlu.types import EntityKind, Intent, Understanding

ACT: Final = 0.40
"""From this confidence on a wish is acted upon when nothing else is going on."""
SWITCH: Final = 0.55
"""From this confidence on a wish interrupts a flow that was waiting for something else."""
SURE: Final = 0.85
"""From this confidence on a wish interrupts a flow that asked for free text."""
CLOSE: Final = 0.12
"""Two wishes whose confidences are nearer than this are asked about: "A or B?"."""

_FEW: Final = 5
"""Words of an answer that says nothing else."""
_DIGIT_RUN: Final = re.compile(r"(?<![\w@.])\d(?:[ .\-]?\d)*(?![\w@])")
_ONLY_DIGITS: Final = re.compile(r"\W*\d(?:[ .\-]?\d)*\W*")
_STUDENT_WORD: Final = re.compile(r"\bnim\b", re.IGNORECASE)
_ONE_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{2,99}(?:@[A-Za-z0-9.-]{3,150})?")
_NAMED: Final = re.compile(
    r"\b(?:user ?name|user ?id|login|akun|account)(?:\s*[:=]\s*|nya\s+|\s+)"
    r"(?:(?:saya|ku|adalah|is|name|nya)\s+){0,2}(?P<login>[a-z]\w*(?:[._-]\w+)+)(?![\w@])",
    re.IGNORECASE,
)
_NO_LOGIN: Final = re.compile(
    r"nanti|entar|ntar|se?bentar|bentar|tunggu|sabar|dulu|lupa|h+m+|hah|loh|apa|gimana|kenapa|siapa"
    r"|mana|wait|later|what|how|why|huh|who|forgot",
    re.IGNORECASE,
)
_SMALL_TALK: Final = frozenset(
    {Intent.GREET, Intent.THANK, Intent.GOODBYE, Intent.AFFIRM, Intent.DENY}
)
_NOT_KNOWN: Final = (
    r"\b(lupa|forgot(ten)?|entah|no idea"
    r"|(tidak|tdk|nggak|enggak|ngga|gak|ga|kurang) (ingat|inget|tahu|tau|hafal|hapal|yakin)"
    r"|(don'?t|do not|can'?t|cannot|didn'?t) (remember|recall|know))\b"
)
_FORGOTTEN: Final = re.compile(_NOT_KNOWN, re.IGNORECASE)
_LOGIN_WORD: Final = r"\b(user ?(name|id)|nim|nip|nopeg|login)(nya|ku)?\b"
_FORGOT_LOGIN: Final = re.compile(
    _NOT_KNOWN + r"((?!password|sandi|pass|pw|kode)[^.?!,]){0,20}" + _LOGIN_WORD
    + "|" + _NOT_KNOWN + r" (password|sandi|kata sandi)(nya)? (dan|sama|and|\+) " + _LOGIN_WORD
    + "|" + _LOGIN_WORD + r" (\w+ )?" + _NOT_KNOWN + r"(?! (password|sandi|kata|pass))",
    re.IGNORECASE,
)  # fmt: skip
_NAMES_ACCOUNT: Final = re.compile(
    r"\b(nim|akun|account|user ?(name|id)|login)(nya)?\b\D{0,30}\d", re.IGNORECASE
)
_CODE_WORD: Final = re.compile(r"\b(kode|code|otp)(nya)?\b", re.IGNORECASE)
_NOT_THERE: Final = re.compile(
    r"\b(tidak|tdk|nggak|enggak|ngga|gak|ga|belum|blm|never|not|no|n't|didn'?t|haven'?t|hasn'?t)\b"
    r".*\b(masuk|datang|sampai|muncul|terima|nerima|dapat|dapet|ada|kirim|terkirim|arriv\w*"
    r"|receiv\w*|get|got|come|there|code|e-?mail)\b|^\W*(belum|blm|not yet)\W*$",
    re.IGNORECASE,
)
_NOT_MINE: Final = re.compile(
    r"\bbukan ((akun|nim|punya|milik) ?)?(saya|aku|ku|gue|gw)(?=\W*$|,| (yang|itu|ini)\b)"
    r"|\bnot (me|mine|my (own )?account)\b|\b(salah|wrong) (akun|nim|account|user\w*)"
    r"|\b(akun|nim|username)(nya)? (\w+ )?salah\b",
    re.IGNORECASE,
)
_NOT_WANTED: Final = re.compile(
    r"\b(saya|aku|gue|gw|i) (tidak|tdk|nggak|enggak|ngga|gak|ga|don'?t|do not) "
    r"(jadi|mau|ingin|pengen|want)\b"
    r"|^\W*((eh|ya|oh|maaf|sorry|min) )?(tidak|tdk|nggak|enggak|ngga|gak|ga) jadi\b",
    re.IGNORECASE,
)
_MAILED: Final = re.compile(r"\b(kode|code|otp|e-?mail|sms)(nya)?\b", re.IGNORECASE)
_STOP: Final = re.compile(
    r"\b(batal\w*|cancel\w*|stop|jadi|forget it|never ?mind)\b", re.IGNORECASE
)
_YES: Final = re.compile(
    r"\s*(y|ya|iya|iyah|yup|yes|yep|yeah|sure|ok|oke|okay|okey|baik|boleh|silakan|lanjut|lanjutkan"
    r"|betul|benar|setuju|siap|go ahead|correct|kirim|sudah benar)\b",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"\s*(t|tidak|tdk|nggak|enggak|gak|ga|tak|jangan|bukan|no|nope|nah|don'?t|belum|not)\b",
    re.IGNORECASE,
)

_AGAIN: Final = re.compile(
    r"(kirim|minta|mau)\w*\s+(\w+\s+)?(ulang|lagi|baru)|kode\s+(\w+\s+)?baru|coba lagi|ulangi"
    r"|resend|re-send|(send|get|try)\b.*\b(again|another|new)|(new|another) code|retry",
    re.IGNORECASE,
)


def code_in(meaning: Understanding, length: int) -> str | None:
    """Return the digits of a code of `length` digits, however they were spaced, or None."""
    if _STUDENT_WORD.search(meaning.text) or _names_account(meaning):
        return None
    entity = meaning.first(EntityKind.CODE)
    if entity is not None and len(entity) == length:
        return entity
    runs = (re.sub(r"\D", "", run[0]) for run in _DIGIT_RUN.finditer(meaning.text))
    return next((run for run in runs if len(run) == length), None)


def _names_account(meaning: Understanding) -> bool:
    """Tell whether the digits are said to be an account ("akun yang benar 13530005")."""
    number = meaning.first(EntityKind.STUDENT_NUMBER) is not None
    named = number and _NAMES_ACCOUNT.search(meaning.text) is not None
    return named and _CODE_WORD.search(meaning.text) is None


def only_digits(meaning: Understanding) -> bool:
    """Tell whether the message is a number and nothing else: a code, if a code was asked for."""
    return _ONLY_DIGITS.fullmatch(meaning.text) is not None


def login_of(meaning: Understanding) -> str | None:
    """Return the login a message names, be it made of ordinary words ("username kantor.pusat")."""
    named = _NAMED.search(meaning.text)
    return meaning.login() or (named["login"].casefold() if named else None)


def login_in(meaning: Understanding) -> str | None:
    """Return what answers "which account?": a named login, or the one word that was written."""
    named = login_of(meaning)
    if named is not None:
        return named
    word = meaning.text.strip(" .,!\"'")
    if only_digits(meaning):
        return re.sub(r"\D", "", word) or None
    if not _ONE_WORD.fullmatch(word):
        return None
    if _NO_LOGIN.fullmatch(word):
        return None
    # A first name is taken for a word of thanks or a greeting that it only looks like.
    sure = SURE if meaning.intent in _SMALL_TALK else SWITCH
    unclear = meaning.intent is Intent.OUT_OF_SCOPE or meaning.confidence < sure
    return word.casefold() if unclear or re.search(r"[\d._@]", word) else None


def is_yes(event: AnyEvent) -> bool:
    """Tell whether the person agreed, by button or in words."""
    match event:
        case UserChose(value="yes"):
            return True
        case UserSaid(meaning):
            return meaning.intent is Intent.AFFIRM or _YES.match(meaning.text) is not None
        case _:
            return False


def is_no(event: AnyEvent) -> bool:
    """Tell whether the person declined, by button or in words."""
    match event:
        case UserChose(value="no"):
            return True
        case UserSaid(meaning):
            return meaning.intent is Intent.DENY or _NO.match(meaning.text) is not None
        case _:
            return False


def asks_again(meaning: Understanding) -> bool:
    """Tell whether the person asks for a new code, or to try once more."""
    return _AGAIN.search(meaning.text) is not None


def forgot_login(meaning: Understanding) -> bool:
    """Tell whether the person does not know what the account is called."""
    return login_of(meaning) is None and _FORGOT_LOGIN.search(meaning.text) is not None


def forgotten(meaning: Understanding) -> bool:
    """Tell whether the answer is "I do not remember"."""
    short = len(meaning.text.split()) <= _FEW
    return short and _FORGOTTEN.search(meaning.text) is not None


def not_there(meaning: Understanding) -> bool:
    """Tell whether what was mailed is said not to be there."""
    return meaning.intent is Intent.OTP_PROBLEM or _NOT_THERE.search(meaning.text) is not None


def not_mine(meaning: Understanding) -> bool:
    """Tell whether the account is said to be the wrong one."""
    return _NOT_MINE.search(meaning.text) is not None


def not_wanted(meaning: Understanding) -> bool:
    """Tell whether the person takes the wish back."""
    return _NOT_WANTED.search(meaning.text) is not None


def mail_missing(meaning: Understanding) -> bool:
    """Tell whether a mail is said not to be there, and nothing is asked to end."""
    named = _MAILED.search(meaning.text) is not None
    return named and not_there(meaning) and _STOP.search(meaning.text) is None
