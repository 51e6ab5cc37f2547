"""Lists of people in the shapes in which they are pasted.

Numbered, bulleted, one a line, tables with tabs, pipes, semicolons or commas, with a header or
without, forms ("Nama: …"), "Name (Institution) <address>", and "a.n. A, B dan C" in a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlu.entities.names import begins_name, institution_at, is_institution, is_name, is_title
from nlu.tables import pairs
from nlu.types import Entity, EntityKind, Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_ROWS = 500
_LONGEST_LINE = 400
_MARK = re.compile(
    r"\s*(?:\(?\d{1,3}\s?[.)\]:-]+|[-*\u2022\u2013\u25cf\u25aa>]+|[a-z][.)](?=\s)|\[[ xX]?\])"
    r"\s*(?=\S)"
)
_MOST_MARKS = 3
_BARE_NUMBER = re.compile(r"\s*\d{1,3}\s+(?=[A-Z][a-z])")
_DECORATION = re.compile(
    r"\*{2,3}|(?<=[\w.)])\*|\*(?=\w)|[\"`\u201c\u201d]|\]\(mailto:[^\s)]{1,99}\)"
)
"""Markdown and quotation marks: made blank, so that places stay what they are."""
_SIGN = re.compile(r"[\n@\t|;]|\d\s?[.)]|(?<!\w)[A-Z][\w.'-]*,? [A-Z]|\A\s*[-*\u2022]")
"""Every list holds one of these; most messages hold none."""
_NUMBER_CELL = re.compile(r"(?:no\.?\s?)?\d{1,3}[.)]?\Z", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII)
_RULE = re.compile(r"[\s|:+=-]+\Z")
_INLINE_MARK = re.compile(r"(?:^|(?<=\s))\(?\d{1,3}[.)]\s?(?=[^\W\d])")
_LIST_OPENING = re.compile(
    r":|\b(?:(?P<sure>atas nama|a\.n\.|a/n|an\.|bernama|named|called)|yaitu|yakni|untuk|namely|for"
    r"|namanya|tamunya|pesertanya|dari)(?!\w)",
    re.IGNORECASE,
)
_NAME_RUN = re.compile(r"\s*([A-Z][\w.'\u2019-]*(?:\s[A-Z][\w.'\u2019-]*){1,5})")
_FROM = re.compile(r"\s(?:dari|from)\s", re.IGNORECASE)
_FIELD = re.compile(r"\s*(?P<key>[A-Za-z-]{3,12})(?:\s\w{1,12})?\s*[:=]\s*(?P<value>\S.*?)\s*\Z")
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


def _address(text: str) -> re.Match[str] | None:
    return _EMAIL.search(text) if "@" in text else None


def _before_address(text: str) -> str:
    address = _address(text)
    return text if address is None else text[: address.start()]


def find_people(text: str) -> list[Row]:
    """Return the rows of people in `text`, in order, at most 500."""
    if _SIGN.search(text) is None:
        return []
    text = _DECORATION.sub(lambda match: " " * len(match.group()), text)
    rows = (_rows_of_fields(text) if ":" in text or "=" in text else []) or _rows_of_lines(text)
    if not rows:
        rows = list(_inline_numbered(text)) or list(_inline(text))
    return rows[:MOST_ROWS]


# -- one field a line --------------------------------------------------------------------------
def _rows_of_fields(text: str) -> list[Row]:
    """Read forms: "Nama: …", "Instansi: …", "Email: …", a new name being a new person."""
    rows: list[Row] = []
    row: Row | None = None
    for start, body in _bodies(text):
        field_ = _FIELD.match(body)
        column = _COLUMNS.get(field_["key"].lower(), "") if field_ else ""
        if field_ is None or column in {"", "other"}:
            row = None
        elif column == "name":
            at = start + field_.start("value")
            name = field_["value"]
            end = at + len(name)
            row = Row(Person(name), at, end, end) if is_name(name, strict=False) else None
        elif row is not None:
            rows = rows[:-1] if rows and rows[-1].start == row.start else rows
            row = _with_field(row, column, field_["value"], start + len(body))
            rows.append(row)
    return rows


def _with_field(row: Row, column: str, value: str, line_end: int) -> Row:
    person = row.person
    if column == "email":
        address = _address(value)
        email = address.group().lower() if address else ""
        person = Person(person.name, person.institution, email)
    else:
        person = Person(person.name, value, person.email)
    return Row(person, row.start, row.end, line_end)


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
    return line.marked or (len(line.cells) > 1 and _address(line.text) is not None)


def _lines(text: str) -> Iterator[_Line]:
    for start, body in _bodies(text):
        yield _line(body, start)


def _bodies(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for raw in text.splitlines(keepends=True):
        body = raw.rstrip("\r\n")
        if body.strip() and len(body) <= _LONGEST_LINE and not _RULE.match(body):
            yield start, body
        start += len(raw)


def _line(body: str, start: int) -> _Line:
    skipped = 0
    for _ in range(_MOST_MARKS):
        mark = _MARK.match(body, skipped)
        if mark is None:
            break
        skipped = mark.end()
    marked = skipped > 0
    number = None if marked else _BARE_NUMBER.match(body)
    skipped = number.end() if number is not None else skipped
    line = _Line(body[skipped:], start + skipped, marked=marked)
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
        if joined and is_title(_before_address(cell.split("(")[0]).rstrip(" <")):
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
    if ("@" in line.text and len(_EMAIL.findall(line.text)) > 1) or _INLINE_MARK.search(
        line.text, 1
    ):
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
    address = _address(email)
    person = Person(name, institution, address.group().lower() if address else "")
    return Row(person, at, at + len(name), _end(line))


def _by_content(cells: Sequence[tuple[str, int]], *, strict: bool, line_end: int) -> Row | None:
    """Tell name, institution and address apart by what they look like; the name comes first."""
    if not cells:
        return None
    email = ""
    texts: list[tuple[str, int]] = []
    for cell, at in cells:
        address = _address(cell)
        if address is not None:
            email = email or address.group().lower()
            cell = cell[: address.start()].rstrip(" <([:-,")  # noqa: PLW2901 - what stands before it
        first = not texts
        texts += _unfold(cell, at)
        if first and texts and not _is_person(texts[0][0], strict=strict):
            return None
    if not texts:
        return None
    name, at = texts[0]
    rest = [cell for cell, _ in texts[1:] if not any(char.isdigit() for char in cell[:3])]
    if strict and len(texts) > 1 and not any(is_institution(cell) for cell in rest):
        return None
    institution = next((cell for cell in rest if is_institution(cell)), rest[0] if rest else "")
    return Row(Person(name, institution, email), at, at + len(name), line_end)


def _is_person(cell: str, *, strict: bool) -> bool:
    return is_name(cell, strict=strict) and not is_institution(cell)


def _unfold(cell: str, at: int) -> list[tuple[str, int]]:
    # "Budi Santoso (PT Maju)" is two cells.
    opening = cell.find("(")
    if opening <= 0:
        bare = cell.strip(" .,:<>")
        return _unglue(cell.rstrip(" ,:<>"), at) if bare else []
    inner = cell[opening + 1 :].rstrip(" )")
    name = cell[:opening].rstrip()
    return [(name, at), *([(inner, at + opening + 1)] if inner else [])]


def _unglue(cell: str, at: int) -> list[tuple[str, int]]:
    # "Budi Santoso dari PT Maju", "Budi Santoso PT Maju"
    if not begins_name(cell):
        return [(cell, at)]
    origin = _FROM.search(cell)
    end, begin = origin.span() if origin else (institution_at(cell),) * 2
    name = cell[: max(end, 0)].rstrip()
    if is_name(name, strict=True):
        return [(name, at), (cell[begin:], at + begin)]
    return [(cell, at)]


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
        for begin, sure in _openings(line.text):
            part, start = line.text[begin:], line.start + begin
            rows = _listed(part, start) or _single(part, start, sure=sure)
            if rows:
                yield from rows
                break


def _openings(line: str) -> list[tuple[int, bool]]:
    found = ((match.end(), match["sure"] is not None) for match in _LIST_OPENING.finditer(line))
    return [(0, False), *found][:20]


def _single(part: str, start: int, *, sure: bool) -> list[Row]:
    # "a.n. Budi Santoso"; after weaker words only with an institution or an address
    run = _NAME_RUN.match(part)
    if run is None:
        return []
    row = _by_content(_cells(part.rstrip(" .;"), start), strict=True, line_end=start + len(part))
    if row is not None and (sure or row.person.institution or row.person.email):
        return [row]
    name, (at, end) = run.group(1), run.span(1)
    if not sure or not is_name(name, strict=True) or is_institution(name):
        return []
    return [Row(Person(name), start + at, start + end, start + end)]


def _listed(part: str, start: int) -> list[Row]:
    pieces = _split(part, start, ";") if ";" in part else _pieces(part, start)
    rows: list[Row] = []
    for piece, at in pieces:
        cells = _cells(piece, at) if ";" in part else [(piece, at)]
        row = _by_content(cells, strict=_address(piece) is None, line_end=at + len(piece))
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
