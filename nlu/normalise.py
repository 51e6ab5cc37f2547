"""One spelling for what people write in fifty: the text the classifier sees.

In order: Unicode folding, masks for things that are no words (addresses, numbers), then word by
word: slang table, elongation ("lamaaaa"), reduplication ("masuk2", "masuk-masuk"), clitics
("passwordnya"), and a bounded correction of typing errors against the domain's own words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from nlu.ordinary import ORDINARY
from nlu.slang import ENGLISH, INDONESIAN, PHRASES
from nlu.tables import words
from nlu.typos import Corrector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_TEXT = 10_000
"""Characters of a message that are read (nlu.port)."""
LOGIN_MASK = "loginmask"
"""What stands for a user name."""

_MASKS = re.compile(
    r"(?P<secretmask>\[redacted\])"
    r"|(?P<emailmask>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
    r"|(?P<linkmask>(?:https?://|www\.)\S+)"
    r"|(?P<ticketmask>\b[a-z]{2,6}-\d{4}-\d{3,8}\b)"
    r"|(?P<lettermask>\b\d{1,6}(?:/[\w.-]{1,14}){2,7}\b)"
    r"|(?P<loginmask>\b[a-z]{2,30}[._][a-z]{2,30}\d{0,4}\b)"
    r"|(?P<longmask>\b\d(?:[ -]?\d){14,20}\b)"
    r"|(?P<phonemask>(?:\+62|\b62|\b0)8\d(?:[ -]?\d){6,11}\b)"
    r"|(?P<codemask>\b\d(?:[ -]?\d){5,9}\b)"
    r"|(?P<numbermask>\b\d{2,5}\b)"
)
_MASKED = re.compile(r"[\d@_\[/]|\.\S")
"""What is masked holds one of these; most messages and clauses hold none."""
_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*|\?")
_PLAIN = re.compile(r"[a-z0-9']+|[?$]")
_ELONGATED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"([a-z])\1")
_TWICE = re.compile(r"([a-z]{3,})2(?:nya|an)?\Z")
_CLITICS = ("kannya", "annya", "nya", "ku", "mu", "lah", "kah", "ny", "kan", "in", "q")
_PREFIXES = ("meng", "menge", "nge", "mem", "men", "di", "ke", "ter", "me", "ng", "re")
_PUNCTUATION = str.maketrans({"\u2019": "'", "\u2018": "'", "`": "'", "\u00b2": "2", '"': " "})

DOMAIN = words("""
password akun account login logout masuk kode code otp verifikasi verification email nomor number
reset ganti ubah change lupa forgot remember ingat kunci terkunci locked unlock blokir blocked
tiket ticket status petugas admin manusia human agent operator tamu guest tolong bantu help
please makasih thanks terima kasih batal cancel username aktif active nonaktif kedaluwarsa
expired perpanjang extend recovery pemulihan daftar register kirim received receive dapat hapus
delete aplikasi application gagal failed salah wrong helpdesk printer wifi internet jaringan
network assalamualaikum selamat permisi sampai jumpa lanjut benar betul setuju cukup berhenti
update perbarui telepon phone address alamat bicara hubungi sambungkan laporan report keluhan
complaint auditor wisuda lulus alumni mahasiswa dosen pegawai kampus personal information
details sekarang bagaimana kenapa
""")
_GUARDED = words("""
passport passing passion resep resto rest reset recipe looked looking locker rocket lucky
numbers member members remembers tikus tiga status statue akan alun awan aksi lagi lupus core
come cold mode node kuda kota kodok sandal santai pantai kunci kucing kuncup terima teras agen
agenda humor humans helped helper chance charge changed chang danger update updates tamat taman
tambah kami lamu masak masih masing masa mask masjid number numeral nomad salam salad sale salon
seal gaga ganti ganteng tolak tolong toko bantu bantal bantul banting batak batas bata lulur
lupa luka luas aktor artis aktris active actor delegate relate bicara bicycle guess guests gues
dress stress expert expect experts expense selamat selama selamet permata perdana jumpa jumat
cukur cukup benci betis telepati address dress pegang pegal kamus kampung person persons
personality detail retail dasar dasi daftar kirim kiri kirin wisata wisuda luluh lurus alumunium
print printed printing phones photo phone alarm alasan alamat ubi upah usah umat ubah ikan ingat
ingin izin sampah sampan sampul lanjutan betah antar jarang jaring darin koda koma koki tempat
""")


class Reading(NamedTuple):
    """A message as the classifier reads it."""

    words: Sequence[str]
    """Canonical words, masks and question marks among them."""
    written: Sequence[str] = ()
    """The words as they were written, in small letters, without masks and question marks."""


class Normaliser:
    """Turns a message into canonical words.

    Args:
        known: words that are right as they are, beyond the built-in ones (the training data's).
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = ORDINARY | DOMAIN | _GUARDED | _CANONICAL | frozenset(known)
        self._corrector = Corrector(DOMAIN)
        self._cache: dict[str, tuple[str, ...]] = {}

    def words(self, text: str) -> list[str]:
        """Return the canonical words of `text`, masks and question marks among them."""
        return self._words(tokens_of(text))

    def read(self, text: str) -> Reading:
        """Return the canonical words of `text` and the written ones."""
        return self.read_tokens(tokens_of(text))

    def read_tokens(self, tokens: Sequence[str]) -> Reading:
        """Do what `read` does with a message in pieces (`tokens_of`)."""
        written = [each for each in tokens if each != "?" and not each.endswith("mask")]
        return Reading(self._words(tokens), written)

    def _words(self, tokens: Sequence[str]) -> list[str]:
        canonical: list[str] = []
        cache = self._cache
        for token in tokens:
            canonical += cache.get(token) or self._canonical(token)
        return _join_phrases(canonical)

    def _canonical(self, token: str) -> tuple[str, ...]:
        found = tuple(self._look_up(token).split())
        if len(self._cache) < _CACHED:
            self._cache[token] = found
        return found

    def _look_up(self, token: str) -> str:
        slang = INDONESIAN.get(token) or ENGLISH.get(token)
        if slang is not None:
            return slang
        if token.endswith("mask") or len(token) > _LONGEST_WORD:
            return token
        if "'" in token:
            return self._look_up(token.replace("'", ""))
        return self._hyphenated(token) if "-" in token else self._plain(token)

    def _plain(self, token: str) -> str:
        twice = _TWICE.match(token)
        if twice is not None:
            return self._look_up(twice.group(1))
        short = _ELONGATED.sub(r"\1", token)
        if short != token:
            return self._elongated(token, short)
        if token in self._known or not token.isalpha():
            return token
        single = _DOUBLED.sub(r"\1", token)
        if single != token and (self._is_stem(single) or single in ENGLISH):
            return self._look_up(single)
        return self._derived(token) or self._corrected(token)

    def _hyphenated(self, token: str) -> str:
        first, _, second = token.partition("-")
        if second.startswith(first[:3]):
            return self._look_up(second if len(second) <= len(first) else first)
        glued = token.replace("-", "")
        slang = INDONESIAN.get(glued) or ENGLISH.get(glued)
        if slang is not None:
            return slang
        if first in _PREFIXES:
            return self._look_up(glued)
        return f"{self._look_up(first)} {self._look_up(second.replace('-', ''))}".strip()

    def _elongated(self, token: str, short: str) -> str:
        double = _ELONGATED.sub(r"\1\1", token)
        for candidate in (short, double):
            if candidate in self._known or candidate in INDONESIAN or candidate in ENGLISH:
                return self._look_up(candidate)
        return self._look_up(short)

    def _derived(self, token: str) -> str | None:
        """Undo a clitic or prefix when a word of the tables remains."""
        for clitic in _CLITICS:
            stem = token[: -len(clitic)]
            if token.endswith(clitic) and len(stem) >= _SHORTEST_STEM and self._is_stem(stem):
                return self._look_up(stem)
        for prefix in _PREFIXES:
            stem = token.removeprefix(prefix)
            if stem != token and stem in _STEMS:
                return self._look_up(stem)
        return None

    def _is_stem(self, stem: str) -> bool:
        return stem in self._known or stem in INDONESIAN

    def _corrected(self, token: str) -> str:
        return self._look_up_once(self._corrector.nearest(token) or token)

    @staticmethod
    def _look_up_once(token: str) -> str:
        return INDONESIAN.get(token) or ENGLISH.get(token) or token


_STEMS = DOMAIN | frozenset(INDONESIAN) - words("a i g w k ka no in an to")
_CANONICAL = words(" ".join([*INDONESIAN.values(), *ENGLISH.values()]))
_LONGEST_WORD = 40
_SHORTEST_STEM = 2
"""As in "pwku"."""
_CACHED = 20_000


def tokens_of(text: str) -> list[str]:
    """Return the words of `text` in small letters, masked where they are none."""
    return _WORD.findall(_fold(text))


def plain(text: str) -> Reading:
    """Return the words of `text` as they stand, in small letters, for intents not ours."""
    return Reading(_PLAIN.findall(_letters(text).lower()))


def _fold(text: str) -> str:
    folded = _letters(text).lower()
    return folded if _MASKED.search(folded) is None else _MASKS.sub(_mask, folded)


def _letters(text: str) -> str:
    folded = text[:LONGEST_TEXT].translate(_PUNCTUATION)
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
    return folded


def _mask(match: re.Match[str]) -> str:
    return f" {match.lastgroup} "


def _join_phrases(canonical: list[str]) -> list[str]:
    if _SECONDS.isdisjoint(canonical):
        return canonical
    joined: list[str] = []
    for word in canonical:
        merged = _PAIRED.get((joined[-1], word)) if joined and word in _SECONDS else None
        if merged is None:
            joined.append(word)
        else:
            joined[-1:] = merged
    return joined


def _canonical_pairs() -> dict[tuple[str, str], list[str]]:
    table: dict[tuple[str, str], list[str]] = {}
    for phrase, meaning in PHRASES:
        first, second = phrase.split()
        variants = {
            (
                INDONESIAN.get(one, ENGLISH.get(one, one)),
                INDONESIAN.get(two, ENGLISH.get(two, two)),
            )
            for one, two in ((first, second),)
        }
        for pair in {(first, second), *variants}:
            table[pair] = meaning.split()
    return table


_PAIRED = _canonical_pairs()
_SECONDS = frozenset(second for _, second in _PAIRED)
