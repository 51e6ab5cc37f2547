"""What the page itself says; what the assistant says is in `bot/texts`."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "id": {
        "language": "id",
        "locale": "id-ID",
        "title": "Bantuan Akun",
        "subtitle": "IT Helpdesk",
        "notice_label": "Penting",
        "notice": "Jangan pernah menulis kata sandi di sini. Kami tidak pernah memintanya.",
        "restart": "Mulai baru",
        "restart_question": "Mulai percakapan baru? Percakapan ini tidak lagi tampak di sini.",
        "other": "English",
        "other_language": "en",
        "assistant": "Asisten",
        "offline": "Koneksi terputus. Pesan Anda kami kirim begitu tersambung lagi.",
        "too_long": "Pesan itu terlalu panjang. Mohon kirim paling banyak 4.000 huruf.",
        "too_fast": "Terlalu banyak pesan sekaligus. Mohon tunggu beberapa detik.",
        "no_script": "Obrolan ini memerlukan JavaScript.",
    },
    "en": {
        "language": "en",
        "locale": "en-US",
        "title": "Account help",
        "subtitle": "IT Helpdesk",
        "notice_label": "Important",
        "notice": "Never write a password here. We never ask for one.",
        "restart": "Start over",
        "restart_question": "Start a new conversation? This one will no longer be shown here.",
        "other": "Bahasa Indonesia",
        "other_language": "id",
        "assistant": "Assistant",
        "offline": "The connection is lost. Your message is sent as soon as it is back.",
        "too_long": "That message is too long. Please send 4,000 letters at most.",
        "too_fast": "Too many messages at once. Please wait a few seconds.",
        "no_script": "This chat needs JavaScript.",
    },
}
