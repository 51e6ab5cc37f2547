"""What a person's name and an institution look like in a list somebody pasted."""

from __future__ import annotations

import re

from nlu.ordinary import is_ordinary
from nlu.tables import words

_TITLE_AFTER = re.compile(
    r"(?:[SMDA]\.?\s?[A-Z][A-Za-z]{0,5}\.?(?:[A-Z][a-z]{0,4}\.?)*|Ph\.?\s?D\.?|M\.?B\.?A\.?"
    r"|Dr\.?"
    r"|B\.?Sc\.?|B\.?A\.?|B\.?Eng\.?|C\.?P\.?A\.?|CA|Ak\.?|Apt\.?|Ns\.?|Jr\.?|Sr\.?"
    r"|IPM|IPU|CISA|QIA"
    r"|ASEAN\sEng\.?)(?:\s(?:[SMD]\.?[A-Z][A-Za-z.]{0,5}))*\Z"
)
_TITLE_BEFORE = words("""
dr. dr ir. ir prof. prof drs. drs dra. dra h. hj. kh. mr. mr mrs. mrs ms. ms bpk bpk. bapak ibu
sdr sdr. sdri sdri. pak bu sir madam
""")
_INSTITUTION = re.compile(
    r"(?<!\w)(?:PT|CV|UD|KAP|Univ(?:ersitas|ersity|\.)?|Institut(?:e)?|Politeknik|Kementerian"
    r"|Kemen\w+|Ministry|Bank|(?-i:BPK)|BPKP|BRIN|LIPI|Badan|Dinas|Yayasan|Lembaga|Direktorat"
    r"|Fakultas|Sekolah|Akademi|College|School|Inc|Ltd|LLC|LLP|Tbk|GmbH|Corp\w*|Company"
    r"|Consulting|Konsultan|Rekan|Associates|RS(?:UD|UP)?|Rumah Sakit|Hospital|Pemkot|Pemprov"
    r"|Pemkab|Kantor|Biro|Perum|Koperasi|Foundation|Agency|Center|Centre|Lab(?:oratorium)?|ITB"
    r"|UI|UGM|UNPAD|ITS|IPB|UPI|NTU|NUS|MIT|Program Studi|Prodi|Jurusan|Dit\.|Departemen"
    r"|Department|Faculty|Office|Bagian|Satuan|UPT)(?!\w)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][^\W\d_.'\u2019\u2018-]*(?:[.'\u2019\u2018-][^\W\d_]*)*\.?\Z")
_PARTICLES = words("bin binti van von de da der den di al el dan la le ter ibn 's")
_BESIDE_NAMES = _TITLE_BEFORE | _PARTICLES
_NOT_NAMES = words("""
nama name names daftar list email e-mail instansi institusi institution organisation organization
terlampir lampiran attached berikut following surat nomor tujuan keperluan purpose kegiatan
catatan note salam hormat regards dear yth kepada perihal hal subject mohon terima kasih thanks
thank halo hello hi selamat assalamualaikum akun account guest tamu auditor auditors peserta
unit fakultas direktorat sampai until aktif active
senin selasa rabu kamis jumat sabtu minggu januari
februari maret april mei juni juli agustus september oktober november desember reset password
""")
_LONGEST = 80
_MOST_WORDS = 7


def is_title(cell: str) -> bool:
    """Say whether `cell` is only a title that belongs to the name before it ("M.T.")."""
    return _TITLE_AFTER.match(cell) is not None


def is_institution(cell: str) -> bool:
    """Say whether `cell` names an organisation."""
    return institution_at(cell) >= 0


def institution_at(cell: str) -> int:
    """Return where the organisation begins inside `cell`, or -1."""
    match = _INSTITUTION.search(cell)
    return -1 if match is None else match.start()


def is_name(cell: str, *, strict: bool) -> bool:
    """Say whether `cell` can be a person's name.

    `strict` (nothing else marks it as one): every word begins with a capital letter, and none is
    a word of ordinary sentences.
    """
    bare = cell.split(",", 1)[0].strip()
    parts = bare.split()
    if not parts or len(bare) > _LONGEST or len(parts) > _MOST_WORDS:
        return False
    if not all(_WORD.match(part) for part in parts):
        return False
    named = [part for part in parts if part.lower() not in _BESIDE_NAMES]
    if not named or any(part.lower().strip(".") in _NOT_NAMES for part in named):
        return False
    if not strict:
        return sum(_is_plain(part) for part in named) * 2 <= len(named)
    return len(parts) > 1 and all(part[0].isupper() and not _is_plain(part) for part in named)


def begins_name(cell: str) -> bool:
    """Say whether the first word of `cell` may begin a name that nothing else marks as one."""
    first = next(iter(cell.split(maxsplit=1)), "")
    return first.lower() in _BESIDE_NAMES or (
        first[:1].isupper() and not _is_plain(first.split(",", 1)[0])
    )


def _is_plain(word: str) -> bool:
    return is_ordinary(word.lower().strip(".")) and word.lower() not in _ALSO_NAMES


_ALSO_NAMES = words(
    "may mark will grace hari bayu putri dewi indah intan mei april juni agus cahya ayu"
)
