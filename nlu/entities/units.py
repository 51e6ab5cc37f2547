"""Names of units: "Fakultas Teknik Sipil dan Lingkungan", "Directorate of Finance", "STEI"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlu.ordinary import is_ordinary
from nlu.tables import words
from nlu.types import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADS = (
    r"fakultas|sekolah|direktorat|biro|upt|lembaga|program studi|prodi|departemen|pusat"
    r"|kantor|bagian|satuan|laboratorium|kelompok keahlian|unit kerja|dit\.|subdirektorat|himpunan"
    r"|faculty of|school of|directorate of|department of|office of|center for|centre for"
    r"|institute of|bureau of"
)
_ACRONYMS = (
    "FMIPA|FTSL|FTTM|FTMD|FITB|FSRD|SBM|SAPPK|SITH|STEI|SF|FTI|LPPM|LPIK|DTI|SPS|UPT"
    "|SPM|LTPB|BPUDL|LK|SKP|WRAM|WRAK|WRRI|WRSO"
)
_HEAD = re.compile(rf"(?<!\w)(?:{_HEADS})(?!\w)", re.IGNORECASE)
_ACRONYM = re.compile(rf"(?<![\w/.-])(?:{_ACRONYMS})(?:[- ](?:R|K|S|M|ITB))?(?![\w/-])")
HINTS = frozenset(re.findall(r"(?:\A|(?<=\|))[a-z]+", f"{_HEADS}|{_ACRONYMS}".lower()))
"""Every name of a unit begins with one of these."""
_NEXT = re.compile(r"[ \t]+([A-Za-z][\w&'-]*)", re.ASCII)
_JOINING = words("dan and of the &")
_ENDING = words("""
mau ingin minta butuh perlu akan kami kita saya untuk pada for
hendak bermaksud mengajukan memerlukan
membutuhkan dengan di ke dari yang ini itu pengen mohon tolong membuat memohon bisa sudah belum
requests request needs need wants want would asks ask for with at from is are has have which
that who please nomor no surat tanggal tgl sampai hingga until tidak gak ga apa mana ya min kak
""")
_MOST_WORDS = 9


def units(text: str) -> Iterator[Entity]:
    """Find unit names; the value is the name as written, its blanks made single."""
    end = 0
    for match in _HEAD.finditer(text):
        if match.start() < end:
            continue
        end = _name_end(text, match.end())
        if end > match.end():
            name = text[match.start() : end]
            yield Entity(EntityKind.UNIT, match.start(), end, " ".join(name.split()))
    for match in _ACRONYM.finditer(text):
        yield Entity(EntityKind.UNIT, match.start(), match.end(), match.group())


def _name_end(text: str, at: int) -> int:
    """Read words while they look like a name: capitalised, or all lower case until a verb."""
    end = at
    capital = None
    for _ in range(_MOST_WORDS):
        match = _NEXT.match(text, at)
        if match is None:
            break
        word = match.group(1)
        if word.lower() in _JOINING:
            at = match.end()
            continue
        if word.lower() in _ENDING or (word.islower() and is_ordinary(word)):
            break
        if capital is None:
            capital = word[0].isupper()
        elif capital and not word[0].isupper():
            break
        at = end = match.end()
    return end
