"""Runs of digits: student and employee numbers, one-time codes, counts.

Eight digits are a student number or a code. Words nearby tell; without any, both are reported
and the flow takes what it waits for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.entities.numerals import NUMERAL, number
from nlu.entities.span import entity
from nlu.types import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NIP = re.compile(r"(?<![\w@./+-])\d{8}[ .]\d{6}[ .]\d[ .]\d{3}(?![\w@/])", re.ASCII)
_WHOLE = re.compile(r"(?<![\w@./+-])(?<!\d,)\d{4,25}(?![\w@/])(?![.,\-]\d)", re.ASCII)
_GLUED = re.compile(
    r"(?<!\w)(?:(?P<student>nim|npm)|(?P<employee>nip|nopeg)|(?P<code>kode|otp|code))"
    r"(?P<digits>\d{6,18})(?![\w@/])",
    re.IGNORECASE | re.ASCII,
)
_BLANK = r"(?:[ ]{1,3}|[ ]?[.,\-\u2013][ ]?|--|\n)"
_GROUPED = re.compile(
    rf"(?<![\w@./+-])(?<!\d[ ])(?:\d{{4}}{_BLANK}\d{{4}}"
    rf"|\d{{3}}{_BLANK}\d{{3}}(?:{_BLANK}\d{{2}})?"
    rf"|\d{{3}}{_BLANK}\d{{2}}{_BLANK}\d{{3}}|\d{{2}}(?:{_BLANK}\d{{2}}){{2,3}}"
    rf"|\d(?:{_BLANK}\d){{5,9}})(?![\w@/])(?![.,\-]\d)(?! \d\d)",
    re.ASCII,
)
_IN_FOURS = re.compile(r"\d{4}\D", re.ASCII)
_YEARS = re.compile(r"(?:19|20)\d\d ?[-\u2013] ?(?:19|20)\d\d", re.ASCII)
_BEFORE = 24
"""Characters before a number that are looked at for a word that names it."""
_NAMED_AFTER = re.compile(r"[\s,]{1,2}(?:itu|ini|adalah|is)\s(?:the\s|my\s)?\w+", re.IGNORECASE)
_STUDENT = re.compile(
    r"\b(?:nim|no(?:mor)? induk mahasiswa|student(?: (?:number|id|no))?|mahasiswa|npm)\b",
    re.IGNORECASE,
)
_EMPLOYEE = re.compile(
    r"\b(?:nip|nopeg|nrp|nik pegawai|no(?:mor)? (?:induk )?pegawai|employee (?:number|id|no)|"
    r"staff (?:number|id))\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b(?:kode|kod|kd|otp|code|token|verifikasi|verification)(?:nya|ku)?\b", re.IGNORECASE
)
_STUDENT_DIGITS = 8
_EMPLOYEE_DIGITS = (9, 18)
_CODE_DIGITS = range(4, 11)
_BARE_CODE_DIGITS = (6, 8)
_GLUED_KINDS = {
    "student": EntityKind.STUDENT_NUMBER,
    "employee": EntityKind.EMPLOYEE_NUMBER,
    "code": EntityKind.CODE,
}
_LENGTHS: dict[EntityKind, Sequence[int]] = {
    EntityKind.STUDENT_NUMBER: (_STUDENT_DIGITS,),
    EntityKind.EMPLOYEE_NUMBER: _EMPLOYEE_DIGITS,
    EntityKind.CODE: _CODE_DIGITS,
}
_COUNTED = re.compile(
    rf"(?<![\w/.,-])(?=[\dadeflnostz])(\d{{1,4}}|{NUMERAL})(?:\s?\((?:\d{{1,4}}|{NUMERAL})\))?\s?"
    r"(?:buah |more |additional |new |external |akun |account |guest |temporary |login )?"
    r"(?:akun|accounts?|orang|org|people|persons?|tamu|guests?|auditor|auditors|peserta|"
    r"participants?|users?|pengguna|visitors?|asesor|assessors?|konsultan|consultants?|dosen|"
    r"lecturers?|narasumber|speakers?|mahasiswa|students?|nama|names|logins?|interns?|pegawai)"
    r"(?:nya)?(?!\w)",
    re.IGNORECASE | re.ASCII,
)


def digit_runs(text: str) -> Iterator[Entity]:
    """Find student numbers, employee numbers and codes among runs of digits."""
    for match in _NIP.finditer(text):
        yield entity(EntityKind.EMPLOYEE_NUMBER, match, _digits(match))
    for match in _GLUED.finditer(text):
        kind = _GLUED_KINDS[next(name for name in _GLUED_KINDS if match[name])]
        if match.end() - match.start("digits") in _LENGTHS[kind]:
            yield entity(kind, match, group="digits")
    for match in _GROUPED.finditer(text):
        digits = _digits(match)
        if len(digits) == _STUDENT_DIGITS and _named(text, match) is EntityKind.STUDENT_NUMBER:
            yield entity(EntityKind.STUDENT_NUMBER, match, digits)
        elif _is_grouped_code(text, match):
            yield entity(EntityKind.CODE, match, digits)
    for match in _WHOLE.finditer(text):
        for kind in _kinds(text, match):
            yield entity(kind, match)


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match.group())


def _is_grouped_code(text: str, match: re.Match[str]) -> bool:
    # "1234 5678" is a code anywhere, "12 34 56" where one is named or nothing else is said.
    named = _named(text, match)
    written = match.group()
    in_fours = _IN_FOURS.match(written) is not None and not _YEARS.fullmatch(written)
    return named is EntityKind.CODE or (named is None and (in_fours or _is_all(text, match)))


def _is_all(text: str, match: re.Match[str]) -> bool:
    rest = text[: match.start()] + text[match.end() :]
    return not any(char.isalnum() for char in rest)


def _kinds(text: str, match: re.Match[str]) -> tuple[EntityKind, ...]:
    length = match.end() - match.start()
    named = _named(text, match)
    if named is EntityKind.CODE and length in _CODE_DIGITS:
        return (EntityKind.CODE,)
    if length in _EMPLOYEE_DIGITS:
        return (EntityKind.EMPLOYEE_NUMBER,)
    if length == _STUDENT_DIGITS:
        return (EntityKind.STUDENT_NUMBER,) if named is not None else _EIGHT_DIGITS
    is_bare_code = length in _BARE_CODE_DIGITS and _is_all(text, match)
    return (EntityKind.CODE,) if is_bare_code else ()


_EIGHT_DIGITS = (EntityKind.STUDENT_NUMBER, EntityKind.CODE)


def _named(text: str, match: re.Match[str]) -> EntityKind | None:
    """Return the kind named nearest before the number, or after it ("12345678 itu kodenya")."""
    nearby = text[max(0, match.start() - _BEFORE) : match.start()]
    found = list(_kind_words(nearby))
    if found:
        return max(found)[1]
    named = _NAMED_AFTER.match(text, match.end(), match.end() + _BEFORE)
    return None if named is None else next((kind for _, kind in _kind_words(named.group())), None)


def _kind_words(text: str) -> Iterator[tuple[int, EntityKind]]:
    for pattern, kind in (
        (_STUDENT, EntityKind.STUDENT_NUMBER),
        (_EMPLOYEE, EntityKind.EMPLOYEE_NUMBER),
        (_CODE, EntityKind.CODE),
    ):
        for word in pattern.finditer(text):
            yield word.end(), kind


def counts(text: str) -> Iterator[Entity]:
    """Find how many are asked for: "5 akun", "lima orang", "5 (lima) akun"."""
    for match in _COUNTED.finditer(text):
        value = number(match.group(1))
        if value is not None and value > 0:
            yield Entity(EntityKind.COUNT, match.start(1), match.end(1), str(value))
