"""Secrets typed into every step of every flow leave no trace anywhere."""

import asyncio
import random
import re
import string

import aiohttp
import pytest
from stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
HOW_MANY = 200

PATHS = {
    "opening": [],
    "reset: confirm": ["lupa password"],
    "reset: login": ["lupa password", "ya"],
    "reset: code": ["lupa password", "ya", "budi.santoso"],
    "reset: code, English": ["I forgot my password", "yes", "siti.rahma"],
    "check: login": ["cek akun saya"],
    "check: code": ["cek akun saya", "siti.rahma"],
    "unlock: login": ["akun saya kekunci", "ya"],
    "unlock: code": ["akun saya kekunci", "ya", "agus.wijaya"],
    "guests: unit": ["mau minta akun tamu"],
    "guests: letter": ["mau minta akun tamu", "Satuan Pengawas Internal"],
    "guests: purpose": ["minta akun tamu, surat 102/IT1.B01/TU.02/2026 tanggal 8 Maret 2026"],
    "guests: people": ["minta akun tamu untuk audit", "Direktorat Keuangan"],
    "human: waiting": ["mau bicara dengan petugas", "ya"],
    "ticket status": ["status tiket saya"],
    "code does not arrive": ["kode otp belum masuk"],
    "recovery e-mail": ["mau ganti email pemulihan"],
    "account life": ["kapan akun saya berakhir"],
    "small talk": ["halo", "terima kasih"],
    "two misunderstandings": ["qwer asdf", "zxcv hjkl"],
}
PHRASES = (
    "{}",
    "password saya {}",
    "pw: {}",
    "passwordku {} kok ditolak ya",
    "sandi baru saya adalah {}",
    "my password is {} and it does not work",
    "kata sandinya {} min",
    "pass={}",
    "tolong set jadi {}",
    "saya coba login pakai {} gagal terus",
)


def secrets_to_type(seed: int) -> list[str]:
    """Passwords as the policy wants them (ITB II.B.6), each unlike any other text."""
    pick = random.Random(seed)
    words = ["Bandung", "Ganesha", "Kucing", "Merdeka", "Rahasia", "Sepeda", "Hujan", "Kopi"]
    made = set()
    while len(made) < HOW_MANY:
        tail = "".join(pick.choices(string.ascii_letters + string.digits, k=6))
        made.add(f"{pick.choice(words)}{pick.choice('#!@$%&*?')}{pick.randrange(10)}{tail}")
    return sorted(made)


async def test_no_secret_survives_anywhere(tmp_path):
    environment = {"HELPDESK_LOG_LEVEL": "DEBUG"}
    secrets = secrets_to_type(7)
    async with Stack(tmp_path / "state", environment=environment) as stack:
        await asyncio.gather(
            *(
                type_at(stack, f"s{number}", path, secrets[number :: len(PATHS)])
                for number, path in enumerate(PATHS.values())
            )
        )
        submitted = await submit_on_the_page(stack)
        seen = await everything(stack)
    found = {
        (place, secret)
        for place, content in seen.items()
        for secret in [*secrets, *submitted]
        if secret.encode() in content
    }
    assert found == set()


async def type_at(stack, sender, path, secrets):
    """Walk to a step, type a secret there, and say so if the assistant does not warn."""
    for number, secret in enumerate(secrets):
        chat = f"{sender}-{number}"
        for message in path:
            await stack.say(chat, message)
        phrase = PHRASES[number % len(PHRASES)].format(secret)
        answer = await stack.texts(chat, phrase)
        assert secret not in answer


async def submit_on_the_page(stack):
    """Set a password on the one-time page, after two refused ones; none may be found later."""
    for message in ("lupa password", "ya", "uji.presensi"):
        await stack.say("page", message)
    code = (await stack.mail("uji@example.net", "code")).code
    number = re.search(r"nomor ini: (\d+)", await stack.texts("page", code))[1]
    link = (await stack.mail("uji@example.net", "link")).link
    tried = ["Terlalu9!", "tanpahurufbesar77!x", "Kereta-Malam88?Pagi"]
    states = [(await stack.set_password(link, number, p))[1]["state"] for p in tried]
    assert states == ["refused", "refused", "changed"]
    return tried


async def everything(stack) -> dict[str, bytes]:
    """Every file of the installation, WALs included, and what both services show."""
    seen = {
        str(path.relative_to(stack.folder)): path.read_bytes()
        for path in stack.folder.rglob("*")
        if path.is_file()
    }
    for name, paths in {
        "bot0": ("/", "/metrics", "/readyz"),
        "backend": ("/metrics", "/password", "/dev/mail", "/openapi.json"),
    }.items():
        for path in paths:
            async with stack.session.get(
                f"{stack.url(name)}{path}", timeout=aiohttp.ClientTimeout(total=10)
            ) as response:
                seen[f"{name}{path}"] = await response.read()
    assert any(name.endswith("-wal") for name in seen), "the WAL was looked into"
    assert any(name.endswith(".log") and content for name, content in seen.items())
    return seen
