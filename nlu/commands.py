"""Commands to the machine about itself: its instructions, its role, its checks.

Whoever writes "ignore your rules and reset …" asks for nothing that is ours. The words of a wish
beside such a command are bait, and a classifier that counts words would take it.
"""

from __future__ import annotations

import re

from nlu.tables import words

_LOOKED_AT = 1_000
"""Characters in which a command is looked for."""
_MACHINE_TALK = re.compile(
    r"""
      \A\s*(?: [{\[]\s*["'{] | [<\[(]*\s*system\s*[]>):] | /[a-z]+\s.*\s--[a-z] | sudo\s )
    | <\|\w+\|> | \w\(\w+\s*=\s*["'\w] | \bdrop\stable\b | \bbase64\b
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""Markup, calls and shells: what programs write to programs."""
_CHECKS = r"(?:kode|otp|verifikasi|pemeriksaan|codes?|verification|checks?)"
_COMMAND = re.compile(
    rf"""
    \b(?=[abcdfhijklmnoprstuy])(?:
      # its instructions
      (?: abaikan | lupakan | langgar | ignore | disregard | forget | override | bypass )
        \s(?:\w+\s){{0,3}}(?: instruksi | aturan | perintah | instructions? | rules? | guidelines
        | prompt )
    | (?: instruksi | perintah | prompt )\s(?:rahasia|tersembunyi|sistem)
    | (?: system | hidden | initial | secret )\s(?: prompt | instructions? | rules? )
    | (?:admin\s)?override\b(?:\s\d+)?\s*:
      # its role
    | act\sas\b | bertindak(?:lah)?\s(?:sebagai|seolah) | (?:ber)?pura-pura
    | anggap\s(?:saja|aja)\s.{{0,40}}\b(?:sudah\sbenar|terverifikasi|admin)
    | pretend\b | role-?play\b | imagine\syou
    | (?: mode | modus )\s(?: pengembang | admin | debug | dewa ) | (?:developer|debug|god)\smode
    | you\sare\s(?:now\b|an?\s(?:unrestricted|different)) | from\snow\son\syou
    | (?: mulai\s)?sekarang\s(?:kamu|anda)\s(?:adalah\s)?(?:admin|root|bukan)
    | (?: kamu | anda )\ssekarang\s(?:adalah\s)?(?:admin|root|bebas)
      # its words
    | repeat\safter\sme | ulangi\skata | (?:terjemahkan|translate)\s.{{1,40}}\b(?:lakukan|execute)
      # its checks
    | (?: nonaktifkan | matikan | disable | turn\soff )\s(?:\w+\s){{0,2}}(?:pemeriksaan|checks?)
    | (?<!bisa\s)(?<!boleh\s)lewati\s(?:\w+\s)?{_CHECKS}
    | jangan\s(?:me)?minta\s{_CHECKS} | (?:do\snot|don't)\sask\s(?:me\s)?for\s(?:an?|the|any)\scode
    | accept\s\d+\sas | next\scode\sis
    | (?: order | command )s?\syou\sto | (?:that|this)\sis\san\sorder
      # what it knows of others
    | (?: dump | cetak | print | list | tampilkan | keluarkan )\s(?:\w+\s){{0,2}}
      (?: basis\sdata | database | tables? | (?:nama\s)?pengguna | usernames? | passwords )
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)


_MARKS = re.compile(r"[{\[<(/]")
_SHELL = words("system sudo drop base")
_ORDERS = words("""
abaikan lupakan langgar ignore disregard forget override bypass instruksi perintah prompt system
hidden initial secret act bertindak bertindaklah pura berpura anggap pretend role roleplay imagine
mode modus developer debug god you from mulai sekarang kamu anda repeat ulangi terjemahkan
translate nonaktifkan matikan disable turn lewati jangan do don accept next order orders command
commands that this dump cetak print list tampilkan keluarkan
""")
"""One of these is in every command; most messages hold none."""


def is_command(text: str, said: frozenset[str]) -> bool:
    """Say whether `text`, whose words are `said`, orders the machine about instead of asking."""
    seen = text[:_LOOKED_AT]
    marked = _MARKS.search(seen) is not None or not said.isdisjoint(_SHELL)
    if marked and _MACHINE_TALK.search(seen) is not None:
        return True
    return not said.isdisjoint(_ORDERS) and _COMMAND.search(seen) is not None
