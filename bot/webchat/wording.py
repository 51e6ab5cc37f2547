"""What the page itself says; what the assistant says is in `bot/texts`."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "id": {
        "language": "id",
        "locale": "id-ID",
        "page_title": "Bantuan Akun · IT Helpdesk",
        "title": "Bantuan Akun",
        "subtitle": "Asisten IT Helpdesk",
        "actions": "Pilihan",
        "notice_label": "Penting",
        "notice": "Jangan pernah menulis kata sandi di sini. Kami tidak pernah memintanya.",
        "restart": "Mulai baru",
        "restart_question": "Mulai percakapan baru?",
        "restart_effect": "Percakapan ini tidak lagi tampak di peramban ini.",
        "no": "Batal",
        "other": "English",
        "other_language": "en",
        "assistant": "Asisten",
        "offline": "Koneksi terputus. Pesan Anda kami kirim begitu tersambung lagi.",
        "too_long": "Pesan itu terlalu panjang. Mohon kirim paling banyak 4.000 huruf.",
        "too_fast": "Terlalu banyak pesan sekaligus. Pesan Anda kami kirim sebentar lagi.",
        "too_busy": "Sedang banyak yang membuka obrolan ini. Mohon tunggu sebentar.",
        "no_cookies": "Obrolan ini memerlukan cookie. Mohon izinkan, lalu muat ulang halaman.",
        "no_script": "Obrolan ini memerlukan JavaScript.",
    },
    "en": {
        "language": "en",
        "locale": "en-US",
        "page_title": "Account help · IT Helpdesk",
        "title": "Account help",
        "subtitle": "IT Helpdesk assistant",
        "actions": "Options",
        "notice_label": "Important",
        "notice": "Never write a password here. We never ask for one.",
        "restart": "Start over",
        "restart_question": "Start a new conversation?",
        "restart_effect": "This one will no longer be shown in this browser.",
        "no": "Cancel",
        "other": "Indonesia",
        "other_language": "id",
        "assistant": "Assistant",
        "offline": "The connection is lost. Your message is sent as soon as it is back.",
        "too_long": "That message is too long. Please send 4,000 letters at most.",
        "too_fast": "Too many messages at once. Yours is sent in a moment.",
        "too_busy": "Many people are opening this chat. Please wait a moment.",
        "no_cookies": "This chat needs cookies. Please allow them, then reload the page.",
        "no_script": "This chat needs JavaScript.",
    },
}
