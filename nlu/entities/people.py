"""Lists of people in the shapes in which they are pasted.

Numbered, bulleted, one a line, tables with tabs, pipes, semicolons or commas, with a header or
without, "Name (Institution) <address>", and "A, B dan C" inside a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlu.entities.names import is_institution, is_name, is_title
from nlu.tables import pairs
from nlu.types import Entity, EntityKind, Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_ROWS = 500
_LONGEST_LINE = 400
_MARK = re.compile(
    r"\s*(?:\(?\d{1,3}\s?[.)\]:-]+|[-*\u2022\u2013\u25cf\u25aa>]+|[a-z][.)](?=\s))\s*(?=\S)"
)
_SIGN = re.compile(r"[\n@\t|;]|\d\s?[.)]|(?<!\w)[A-Z][\w.'-]*,? [A-Z]|\A\s*[-*\u2022]")
"""Every list holds one of these; most messages hold none."""
_NUMBER_CELL = re.compile(r"(?:no\.?\s?)?\d{1,3}[.)]?\Z", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII)
_RULE = re.compile(r"[\s|:+=-]+\Z")
_INLINE_MARK = re.compile(r"(?:^|(?<=\s))\(?\d{1,3}[.)]\s?(?=[^\W\d])")
_LIST_OPENING = re.compile(
    r":|\b(?:atas nama|a\.n\.|an\.|yaitu|yakni|untuk|bernama|namely|for|named|called)\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:[,;]\s*(?:dan|and|serta|&)?|\s(?:dan|and|serta|&))\s+", re.IGNORECASE)
_COLUMNS = pairs("""
name: nama name nama-lengkap peserta tamu guest person participant auditor
institution: instansi institusi institution asal organisasi organization organisation perusahaan
  company lembaga afiliasi affiliation unit universitas university kantor
email: email e-mail surel mail imel
other: no nomor number hp telepon phone wa jabatan position nip nik keterangan notes
""")


@dataclass(frozen=True, slots=True)
class Row:
    """A person and where the name stands."""

    person: Person
    start: int
    end: int
    line_end: int

    def entity(self) -> Entity:
        """Return the entity of the name."""
        return Entity(EntityKind.PERSON, self.start, self.end, self.person.name)


@dataclass(slots=True)
class _Line:
    text: str
    start: int
    marked: bool
    cells: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Cells without blanks around them, and their offsets in the message."""


def find_people(text: str) -> list[Row]:
    """Return the rows of people in `text`, in order, at most 500."""
    if _SIGN.search(text) is None:
        return []
    rows = _rows_of_lines(text)
    if not rows:
        rows = list(_inline_numbered(text)) or list(_inline(text))
    return rows[:MOST_ROWS]


# -- one person a line -------------------------------------------------------------------------
def _rows_of_lines(text: str) -> list[Row]:
    lines = list(_lines(text))
    columns: list[str] | None = None
    rows: list[tuple[Row, bool]] = []
    for line in lines:
        header = _header(line)
        if header is not None:
            columns = header
            continue
        row = _row(line, columns)
        if row is not None:
            rows.append((row, columns is not None or _is_certain(line)))
    alone = len(rows) == 1 and len(lines) == 1
    if len(rows) > 1 or alone or any(certain for _, certain in rows):
        return [row for row, _ in rows]
    return []


def _is_certain(line: _Line) -> bool:
    """A mark, or an address in a cell of its own, say that this is a row and no sentence."""
    return line.marked or (len(line.cells) > 1 and _EMAIL.search(line.text) is not None)


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for raw in text.splitlines(keepends=True):
        body = raw.rstrip("\r\n")
        if body.strip() and len(body) <= _LONGEST_LINE and not _RULE.match(body):
            yield _line(body, start)
        start += len(raw)


def _line(body: str, start: int) -> _Line:
    mark = _MARK.match(body)
    skipped = mark.end() if mark is not None else 0
    line = _Line(body[skipped:], start + skipped, marked=mark is not None)
    line.cells = _cells(line.text, line.start)
    if len(line.cells) > 1 and _NUMBER_CELL.match(line.cells[0][0]):
        line.cells = line.cells[1:]
        line.marked = True
    return line


def _cells(text: str, start: int) -> list[tuple[str, int]]:
    for separator in ("\t", "|", ";", " - ", " \u2013 ", " / "):
        if separator in text:
            return _split(text, start, separator)
    return _join_titles(_split(text, start, ","))


def _split(text: str, start: int, separator: str) -> list[tuple[str, int]]:
    cells: list[tuple[str, int]] = []
    at = 0
    for part in text.split(separator):
        bare = part.strip().strip("\"'").strip()
        if bare:
            cells.append((bare, start + at + part.index(bare)))
        at += len(part) + len(separator)
    return cells


def _join_titles(cells: list[tuple[str, int]]) -> list[tuple[str, int]]:
    # "Siti Rahma, M.T., PT Maju" has two cells, not three.
    joined: list[tuple[str, int]] = []
    for cell, at in cells:
        if joined and is_title(_EMAIL.split(cell.split("(")[0])[0].rstrip(" <")):
            before, began = joined[-1]
            joined[-1] = (f"{before}, {cell}", began)
        else:
            joined.append((cell, at))
    return joined


def _header(line: _Line) -> list[str] | None:
    """Return the columns when the line names them ("No | Nama | Instansi | Email")."""
    named = [_COLUMNS.get(cell.lower().split()[0].strip(".:"), "") for cell, _ in line.cells]
    if len(named) < 2 or "name" not in named or named.count("") > 0:  # noqa: PLR2004 - one cell is no table
        return None
    return (
        named[1:] if named[0] == "other" and line.cells[0][0].lower().startswith("no") else named
    )


def _row(line: _Line, columns: Sequence[str] | None) -> Row | None:
    if line.text.rstrip().endswith((":", "?")):
        return None
    if len(_EMAIL.findall(line.text)) > 1:
        return None  # several people in one line
    if columns is not None and len(columns) == len(line.cells):
        return _by_columns(line, columns)
    return _by_content(line.cells, strict=not _is_certain(line), line_end=_end(line))


def _end(line: _Line) -> int:
    return line.start + len(line.text)


def _by_columns(line: _Line, columns: Sequence[str]) -> Row | None:
    found = dict(zip(columns, line.cells, strict=True))
    name, at = found["name"]
    if not is_name(name, strict=False):
        return None
    institution, email = found.get("institution", ("", 0))[0], found.get("email", ("", 0))[0]
    address = _EMAIL.search(email)
    person = Person(name, institution, address.group().lower() if address else "")
    return Row(person, at, at + len(name), _end(line))


def _by_content(cells: Sequence[tuple[str, int]], *, strict: bool, line_end: int) -> Row | None:
    """Tell name, institution and address apart by what they look like; the name comes first."""
    if not cells:
        return None
    email = ""
    texts: list[tuple[str, int]] = []
    for cell, at in cells:
        address = _EMAIL.search(cell)
        if address is not None:
            email = email or address.group().lower()
            cell = cell[: address.start()].rstrip(" <([:-,")  # noqa: PLW2901 - what stands before it
        texts += _unfold(cell, at)
    if not texts or not is_name(texts[0][0], strict=strict) or is_institution(texts[0][0]):
        return None
    name, at = texts[0]
    rest = [cell for cell, _ in texts[1:] if not any(char.isdigit() for char in cell[:3])]
    if strict and len(texts) > 1 and not any(is_institution(cell) for cell in rest):
        return None
    institution = next((cell for cell in rest if is_institution(cell)), rest[0] if rest else "")
    return Row(Person(name, institution, email), at, at + len(name), line_end)


def _unfold(cell: str, at: int) -> list[tuple[str, int]]:
    # "Budi Santoso (PT Maju)" is two cells.
    opening = cell.find("(")
    if opening <= 0:
        bare = cell.strip(" .,:<>")
        return [(cell.rstrip(" ,:<>"), at)] if bare else []
    inner = cell[opening + 1 :].rstrip(" )")
    name = cell[:opening].rstrip()
    return [(name, at), *([(inner, at + opening + 1)] if inner else [])]


# -- several people in one line ------------------------------------------------------------------
def _inline_numbered(text: str) -> Iterator[Row]:
    # "1. Budi Santoso 2. Siti Rahma".
    marks = list(_INLINE_MARK.finditer(text))
    if len(marks) < 2:  # noqa: PLR2004 - one number is no list
        return
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        part = text[mark.end() : end]
        row = _by_content(
            _cells(part.rstrip(" ,;.\n"), mark.end()),
            strict=False,
            line_end=mark.end() + len(part),
        )
        if row is not None:
            yield row


def _inline(text: str) -> Iterator[Row]:
    # "… untuk Budi Santoso, Siti Rahma dan Andi Wijaya".
    for line in _lines(text):
        for begin in _openings(line.text):
            rows = _listed(line.text[begin:], line.start + begin)
            if rows:
                yield from rows
                break


def _openings(line: str) -> list[int]:
    return [0, *(match.end() for match in _LIST_OPENING.finditer(line))][:20]


def _listed(part: str, start: int) -> list[Row]:
    if ";" in part:
        pieces = _split(part, start, ";")
        found = [
            _by_content(
                _cells(piece, at), strict=_EMAIL.search(piece) is None, line_end=at + len(piece)
            )
            for piece, at in pieces
        ]
    else:
        found = [
            _by_content(
                [(piece, at)], strict=_EMAIL.search(piece) is None, line_end=at + len(piece)
            )
            for piece, at in _pieces(part, start)
        ]
    rows: list[Row] = []
    for row in found:
        if row is None:
            break
        rows.append(row)
    return rows if len(rows) > 1 else []


def _pieces(part: str, start: int) -> list[tuple[str, int]]:
    pieces: list[tuple[str, int]] = []
    at = 0
    for match in [*_AND.finditer(part), None]:
        end = len(part) if match is None else match.start()
        bare = part[at:end].strip(" .")
        if bare:
            pieces.append((bare, start + at + part[at:end].index(bare)))
        at = end if match is None else match.end()
    return _join_titles(pieces)
