"""Understanding by keywords: enough for the dialogues, and the same on every machine."""

import re
from datetime import date

from nlu.types import Entity, EntityKind, Intent, Language, Person, Ranked, Understanding

WORDS = {
    Intent.OTP_PROBLEM: (
        r"(kode|otp|code).*(belum|tidak|nggak|gak|ga|not|n't|never|where|mana)"
        r"|(belum|tidak|n't).*(kode|code)"
    ),
    Intent.UPDATE_RECOVERY_EMAIL: r"(ganti|ubah|change|update).*(email|e-mail)",
    Intent.ACCOUNT_LIFECYCLE_QUESTION: (
        r"masa aktif|sampai kapan|berapa lama akun|perpanjang|extend|how long|expire"
        r"|syarat password|password rules|lulus"
    ),
    Intent.TICKET_STATUS: r"status tiket|tiket saya|ticket status|my ticket|sampai mana",
    Intent.REQUEST_GUEST_ACCOUNT: r"akun.*tamu|guest account",
    Intent.UNLOCK_ACCOUNT: r"terkunci|kunci|locked|unlock",
    Intent.RESET_PASSWORD: r"lupa (password|sandi|kata sandi)|reset|forgot|forgotten",
    Intent.CHECK_ACCOUNT: r"cek akun|periksa akun|check (my )?account|status akun",
    Intent.ESCALATE: r"petugas|manusia|\bcs\b|\bagent\b|human|a person|admin|di ?hack|hacked",
    Intent.CANCEL: r"^(batal|batalkan|cancel|ga jadi|never mind)",
    Intent.HELP: r"^(bantuan|help|menu|bisa apa)|what can you do",
    Intent.THANK: r"terima kasih|makasih|thank",
    Intent.GOODBYE: r"^(dadah|sampai jumpa|bye|goodbye)",
    Intent.GREET: r"^(halo|hai|hi|hello|selamat)",
    Intent.AFFIRM: r"^(ya|iya|yes|ok|oke|lanjut)\b",
    Intent.DENY: r"^(tidak|nggak|no|jangan)\b",
}
ENGLISH = re.compile(
    r"\b(my|the|i|is|please|forgot|code|account|what|how|yes|no|cancel|hello|thanks?|help|want"
    r"|person|agent|you|ticket status|unlock|locked|guest accounts?)\b",
    re.IGNORECASE,
)
INDONESIAN = re.compile(
    r"\b(saya|akun|tidak|lupa|ya|batal|halo|kode|kodenya|mau|tolong|terkunci|petugas|tamu|min|cek|berapa"
    r"|makasih|terima|kasih|belum|sampai|ganti)\b",
    re.IGNORECASE,
)
MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "mei": 5,
    "jun": 6,
    "jul": 7,
    "agu": 8,
    "sep": 9,
    "okt": 10,
    "nov": 11,
    "des": 12,
    "may": 5,
    "aug": 8,
    "oct": 10,
    "dec": 12,
}
PATTERNS = (
    (EntityKind.LETTER_NUMBER, r"\b\d+/[A-Z0-9.]+(?:/[A-Z0-9.]+)+"),
    (EntityKind.EMAIL, r"[\w.+-]+@[\w.-]+\.\w+"),
    (EntityKind.TICKET_NUMBER, r"\bITB-\d{4}-\d{6}\b"),
    (EntityKind.PHONE, r"(?<!\d)(?:\+62|0)8\d[\d -]{7,12}\d"),
    (EntityKind.DATE, r"\b\d{1,2} (?:[A-Za-z]{3,9}) \d{4}\b"),
    (EntityKind.EMPLOYEE_NUMBER, r"(?<!\d)\d{18}(?!\d)"),
    (EntityKind.CODE, r"(?:(?<=kode )|(?<=code )|(?<=kodenya ))\d{6,8}(?!\d)"),
    (EntityKind.STUDENT_NUMBER, r"(?<!\d)1[0-9]{7}(?!\d)"),
    (EntityKind.CODE, r"(?<!\d)\d{8}(?!\d)"),
    (EntityKind.LOGIN, r"\b[a-z]+\.[a-z]+\b(?!@)"),
    (EntityKind.COUNT, r"(?<!\S)\d{1,3}(?= (?:akun|orang|tamu|people|guest))"),
    (EntityKind.UNIT, r"\b(?:Direktorat|Fakultas|Satuan) [A-Z]\w+(?: [A-Z]\w+)*"),
)
PERSON = re.compile(
    r"^\W*(?:\d+[.)]\s*)?([A-Z][\w' ]+?)\s*[,;|]\s*([^,;|\n]*?)?"
    r"(?:\s*[,;|]\s*([\w.+-]+@[\w.-]+))?\s*$"
)


class StubEngine:
    async def parse(self, text, *, today):
        entities = list(_entities(text))
        people = tuple(_people(text))
        found = [
            (match.start(), intent)
            for intent, words in WORDS.items()
            if (match := re.search(words, text, re.IGNORECASE))
        ]
        wishes = [i for _, i in sorted(found) if i not in _SMALL] or [i for _, i in found]
        intent = wishes[0] if wishes else Intent.OUT_OF_SCOPE
        confidence = 0.9 if wishes else 0.2
        also = ()
        if re.search(r"\b(dan|sekalian|and|also)\b", text, re.IGNORECASE):
            also = tuple(i for _, i in sorted(found) if i is not intent and i not in _SMALL)
        ranking = (Ranked(intent, confidence),)
        if "masalah akun" in text or "account trouble" in text:
            ranking = (Ranked(Intent.UNLOCK_ACCOUNT, 0.41), Ranked(Intent.RESET_PASSWORD, 0.38))
            intent, confidence = Intent.UNLOCK_ACCOUNT, 0.41
        return Understanding(
            text=text,
            intent=intent,
            confidence=confidence,
            ranking=ranking,
            also=also,
            entities=tuple(entities),
            people=people,
            language=_language(text),
        )

    async def close(self):
        pass


_SMALL = {Intent.GREET, Intent.THANK, Intent.AFFIRM, Intent.DENY, Intent.GOODBYE, Intent.HELP}


def _language(text):
    english, indonesian = len(ENGLISH.findall(text)), len(INDONESIAN.findall(text))
    if english == indonesian:
        return None
    return Language.EN if english > indonesian else Language.ID


def _entities(text):
    taken = []
    for kind, pattern in PATTERNS:
        for match in re.finditer(pattern, text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            value = match[0]
            if kind is EntityKind.DATE:
                day, month, year = value.split()
                number = MONTHS.get(month[:3].casefold())
                if number is None:
                    continue
                value = date(int(year), number, int(day)).isoformat()
            taken.append(match.span())
            yield Entity(kind, match.start(), match.end(), value)


def _people(text):
    for line in text.splitlines():
        match = PERSON.match(line)
        if match and ("," in line or "|" in line) and ":" not in line and "?" not in line:
            institution = match[2] or ""
            email = match[3] or ""
            if "@" in institution:
                institution, email = "", institution
            yield Person(match[1].strip(), institution, email)
