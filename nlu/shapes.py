"""What a single word looks like: an identifier that may stay, or a password that may not."""

from __future__ import annotations

import re

from nlu.ordinary import is_ordinary
from nlu.tables import words

_LONGEST_LOOKED_AT = 256
_SHORTEST_SECRET = 8
_SHORTEST_PLAIN = 10
"""Without a symbol, shorter ones are product and room names more often than passwords."""
_STRONG = frozenset("#$%^&*!@+=~|\\<>?{}[]")
"""Symbols that join no two parts of a word or number in ordinary writing."""
_TRAILING = ".,;:!?)]}>\"'`\u201d\u2019"
_LEADING = "([{<\"'`\u201c\u2018*_"

_IDENTIFIERS = re.compile(
    r"""(?:
      # an address; a link; a host with or without a path
      [\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}
    | (?:https?://|www\.|t\.me/|wa\.me/)\S+
    | [a-z0-9-]{1,40}(?:\.[a-z]{2,10}){1,4}(?:[/?:]\S*)?
      # numbers, dates, times, phones, "30menit"; "Rp50.000", "NIM:13519001"
    | [+(]?\d[\d\s().+/:,-]*[a-z]{0,10}
    | (?:rp|idr|usd|no|nomor|nim|nip|nrp|wa|hp|telp|tlp|tgl|jam|pukul|kode|otp|id|g|fa)
      [.:#-]{0,2}[\d.,:/-]+[a-z]{0,10}
      # "No.102/IT1.B01", "Jl.Ganesha10", "Dr.Siti"
    | (?:no|nomor|nomer|surat|tgl|jl|jln|gd|gdg|lt|kec|kel|rt|rw|ds|prof|dr|drs|dra|ir|h|hj
      |st|mt|bpk|sdr|pak|bu)[.:][\w./,'-]*
      # a username; a ticket number; a letter number; "dan/atau"
    | [a-z]+(?:[._][a-z]+)+\d{0,4}
    | [a-z]{2,6}-\d{4}-\d{3,8}
    | \d{1,6}(?:/[a-z0-9.-]{1,14}){2,7} | [a-z0-9.-]{1,14}(?:/[a-z0-9.-]{1,14}){1,7}/\d{4}
    | [a-z]+(?:/[a-z]+)+ | [a-z]{1,30}/\d{8,18}
      # "10.Muhammad"; "S1/S2"; a mention or hash tag
    | \(?\d{1,3}[.)\]:-]+[a-z.,'-]*
    | [a-z]{1,3}\d{1,3}(?:/[a-z]{1,3}\d{1,3})*
    | [@\#][a-z_]{2,30}\d{0,4}
    )\Z""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_NUMBERED = words("""
semester sem smt angkatan angk kelas kls covid windows win office microsoft ms android iphone
ipad redmi galaxy samsung xiaomi python java tahun thn lantai gedung gd labtek lab ruang kamar
tingkat modul bab soal tugas pertemuan uts uas kuis web wifi eduroam versi ver firefox chrome
macbook ios acrobat photoshop autocad matlab solidworks vaksin ke kloter gelombang batch shift
sesi level type tipe seri http ipv senin selasa rabu kamis jumat sabtu minggu gate exchange
sharepoint studio visual moodle
""")
_NUMBERED_WORD = re.compile(
    r"([a-z]+)(?:[-_.]?|[-_][a-z])\d{1,4}(?:pro|plus|max|mini|promax|[a-z]{0,3})\Z"
)


def _strip(word: str) -> str:
    return word.rstrip(_TRAILING).lstrip(_LEADING)


def is_identifier(word: str) -> bool:
    """Say whether `word` is a number, address, link, login, letter number or the like."""
    bare = _strip(word[:_LONGEST_LOOKED_AT])
    if not bare:
        return True
    numbered = _NUMBERED_WORD.match(bare.lower())
    if _IDENTIFIERS.match(bare) or (numbered and numbered.group(1) in _NUMBERED):
        return not (bare[0].isdigit() and bare.isalnum() and _INNER_CAPITAL.search(bare))
    parts = _SEPARATORS.split(bare)
    return len(parts) > 1 and all(_is_plain_part(part) for part in parts)


_SEPARATORS = re.compile(r"[;|,]|(?<=[a-zA-Z])[!?.:](?=[a-zA-Z])")
_QUANTITY = re.compile(r"\d{1,6}[a-z]{1,10}\Z")


def _is_plain_part(part: str) -> bool:
    bare = _strip(part)
    if not bare or bare.isalpha():
        return True
    return _IDENTIFIERS.match(bare) is not None or _QUANTITY.match(bare.lower()) is not None


def _classes(bare: str) -> tuple[bool, bool, bool, bool]:
    """Return whether lower case, upper case, digits and strong symbols are there."""
    return (
        any(char.islower() for char in bare),
        any(char.isupper() for char in bare),
        any(char.isdigit() for char in bare),
        any(char in _STRONG for char in bare),
    )


def is_secret_shape(word: str) -> bool:
    """Say whether `word` alone is a password: 8 characters of 3 classes (10 without a symbol).

    Of two classes only letters around a symbol that joins nothing count ("rahasia#ku").
    """
    if len(word) < _SHORTEST_SECRET or word.isalpha():
        return False
    looked_at = word[:_LONGEST_LOOKED_AT]
    bare = _strip(looked_at)
    if not bare or bare.isalpha():
        return False
    lower, upper, digit, symbol = _classes(bare)
    if not (digit or symbol) or is_identifier(word):
        return False
    if lower + upper + digit + symbol >= 3:  # noqa: PLR2004 - three of the four classes
        return (symbol or len(looked_at) >= _SHORTEST_PLAIN) and not _is_glued_sentence(bare)
    if digit and (lower or upper) and _classes(looked_at)[3]:
        return _inner_symbol(looked_at) and not is_ordinary(bare.lower())
    return symbol and (lower or upper) and _JOINED.search(bare) is not None


_JOINED = re.compile(r"[A-Za-z0-9][#$%^*~\\][A-Za-z0-9]")
_GLUED = re.compile(r"[A-Za-z]+(?:[!?&+=>|]+[A-Za-z]+)+\Z")


def _is_glued_sentence(bare: str) -> bool:
    # "sih!Tolong", "A&B", "login>Reset": words without the blank between.
    return _GLUED.match(bare) is not None


def _inner_symbol(word: str) -> bool:
    bare = word.rstrip(_TRAILING)
    return any(char in _STRONG for char in bare)


def has_digits_and_letters(word: str) -> bool:
    """Say whether letters and digits (or a strong symbol inside) are mixed."""
    bare = _strip(word[:_LONGEST_LOOKED_AT])
    lower, upper, digit, symbol = _classes(bare)
    return (lower or upper) and (digit or symbol)


def is_weak_shape(word: str) -> bool:
    """Say whether `word` is a password where one is expected: letters mixed with anything."""
    bare = _strip(word[:_LONGEST_LOOKED_AT])
    lower, upper, digit, symbol = _classes(bare)
    if not (lower or upper):
        return digit and symbol
    if digit or symbol or any(char in _STRONG for char in word.strip("?.!,")):
        return _QUANTITY.match(bare.lower()) is None or len(bare) > _SHORTEST_SECRET
    return "_" in bare[1:-1] or _INNER_CAPITAL.search(bare) is not None


_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
