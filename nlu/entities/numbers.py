"""Runs of digits: student and employee numbers, one-time codes, counts.

Eight digits are a student number or a code. Words nearby tell; without any, both are reported
and the flow takes what it waits for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.entities.numerals import DIGITS, NUMERAL, number
from nlu.entities.span import entity
from nlu.types import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_NIP = re.compile(r"(?<![\w@./+-])\d{8}[ .]\d{6}[ .]\d[ .]\d{3}(?![\w@/])", re.ASCII)
_WHOLE = re.compile(r"(?<![\w@./+-])(?<!\d,)\d{4,25}(?![\w@/])(?![.,\-]\d)", re.ASCII)
_GROUPED = re.compile(
    r"(?<![\w@./+-])(?<!\d[ ])(?:\d{4}[ .-]\d{4}|\d{3}[ .-]\d{3}(?:[ .-]\d{2})?"
    r"|\d{2}(?:[ .-]\d{2}){2,3}|\d(?:[ .-]\d){5,9})(?![\w@/])"
    r"(?![.,\-]\d)(?! \d\d)",
    re.ASCII,
)
_BEFORE = 24
"""Characters before a number that are looked at for a word that names it."""
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
_SPELLED = re.compile(
    r"(?<!\w)(?:{words})(?:[ ,.\-]{{1,2}}(?:{words})){{3,11}}(?!\w)".format(
        words="|".join(sorted([*DIGITS, r"\d"], key=len, reverse=True))
    ),
    re.IGNORECASE | re.ASCII,
)
_COUNTED = re.compile(
    rf"(?<![\w/.,-])(\d{{1,4}}|{NUMERAL})(?:\s?\((?:\d{{1,4}}|{NUMERAL})\))?\s?"
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
    for match in _GROUPED.finditer(text):
        digits = _digits(match)
        if _is_grouped_code(text, match, digits):
            yield entity(EntityKind.CODE, match, digits)
    for match in _WHOLE.finditer(text):
        for kind in _kinds(text, match):
            yield entity(kind, match)


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match.group())


def _is_grouped_code(text: str, match: re.Match[str], digits: str) -> bool:
    # "1234 5678" is a code anywhere, "12 34 56" where one is named or nothing else is said.
    if len(digits) not in _CODE_DIGITS:
        return False
    named = _named(text, match)
    in_fours = match.group()[4] in " .-" and len(digits) == _STUDENT_DIGITS
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
    """Return the kind named nearest before the number."""
    nearby = text[max(0, match.start() - _BEFORE) : match.start()]
    found = [
        (word.end(), kind)
        for pattern, kind in (
            (_STUDENT, EntityKind.STUDENT_NUMBER),
            (_EMPLOYEE, EntityKind.EMPLOYEE_NUMBER),
            (_CODE, EntityKind.CODE),
        )
        for word in pattern.finditer(nearby)
    ]
    return max(found)[1] if found else None


def spelled_codes(text: str) -> Iterator[Entity]:
    """Find a code spelled out: "satu dua tiga empat lima enam tujuh delapan"."""
    for match in _SPELLED.finditer(text):
        parts: list[str] = re.findall(r"[A-Za-z]+|\d", match.group())
        digits = "".join(DIGITS.get(part.lower(), part) for part in parts)
        spelled = sum(part.isalpha() for part in parts)
        if len(digits) in _CODE_DIGITS and len(digits) >= min(_BARE_CODE_DIGITS) and spelled > 1:
            yield entity(EntityKind.CODE, match, digits)


def counts(text: str) -> Iterator[Entity]:
    """Find how many are asked for: "5 akun", "lima orang", "5 (lima) akun"."""
    for match in _COUNTED.finditer(text):
        value = number(match.group(1))
        if value is not None and value > 0:
            yield Entity(EntityKind.COUNT, match.start(1), match.end(1), str(value))
