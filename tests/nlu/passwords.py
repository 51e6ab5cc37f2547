"""Passwords and the sentences people put them in, generated for the redaction tests."""

from __future__ import annotations

import random
import string
from itertools import product
from typing import NamedTuple

from nlu.tables import words

SYMBOLS = "!@#$%^&*()-_=+?/.,:;~"
WORDS = sorted(
    words(
        "Bandung kucing merdeka Persib rendang Garuda melati Jakarta kopi gunung pelangi durian "
        "bakso Ganesha sepatu harimau Rinjani sunshine dragon monkey Liverpool coffee guitar"
    )
)
LEET = str.maketrans("aeiost", "4310$7")

CONTEXTS = (
    "password saya {}",
    "passwordnya {} min, kok ga bisa masuk",
    "pw: {}",
    "pw gue {} tapi ditolak terus",
    "sandi saya adalah {} tolong dicek",
    "kata sandi akun saya yaitu {}",
    "pass baru: {}",
    "halo min saya budi, password lama saya {} udah ga bisa dipake",
    "username budi.santoso password {}",
    "user: budi.santoso\npassword: {}\nmohon dibantu",
    "saya udah masukin password {} tapi salah terus",
    'password saya "{}" kenapa ditolak ya',
    "{} itu password saya",
    "my password is {}",
    "my password is {} but it does not work",
    "the password for my account is {}, please check",
    "i changed my password to {} and now i cannot log in",
    "pwd={}",
    "current password: {} new one please",
    "hi, user siti.rahma pass {} thanks",
)
INDONESIAN = """
password saya {}
password saya tuh {}
password gua {} bang
passwordku {}
password akunku {}
password lama: {}
password baru saya {}
pasword saya {} salah mulu
passwornya {}
pw saya {}
pw ku {} tolong cek
pw-nya {}
pw lama {}, pw baru belum ada
pwnya {} ya kak
pwd saya {}
pass saya {} kok invalid
pass nya {} min
passnya={}
sandi saya {}
sandinya {} kok ditolak
sandiku {} tapi salah
kata sandi saya {}
kata sandinya {} kan?
kata sandi: {}
kata kunci saya {}
katasandi {}
ini password saya {} tolong dicek
ini passwordnya {} ya
saya pakai password {} ditolak
saya coba login pakai password {} tidak bisa
pake pw {} gabisa
dengan password {} gagal
login pakai budi.santoso / {}
user budi.santoso pass {}
username budi.santoso, password {}
username: budi.santoso password: {}
id budi.santoso pw {}
NIM 13519001 password {}
nim: 13519001, pw: {}
email budi@contoh.ac.id password {}
budi.santoso:{}
budi.santoso/{}
akun budi.santoso sandi {}
tolong ganti password saya jadi {}
ganti sandi saya ke {} ya
ubah password menjadi {}
reset password saya ke {} aja
set password ke {}
mau password baru {}
password barunya mau {}
bisa dibuat {} aja ga passwordnya
passwordnya pokoknya {}
password yang saya pakai {}
password yang benar {}
password yg lama itu {}
password saya kalau tidak salah {}
password saya kayaknya {}
seingat saya passwordnya {}
sepertinya password saya {}
yang saya ingat password {}
password default saya {}
password awal {}
password sementara: {}
password wifi saya {}
password emailnya {}
passwordnya masih {}
password terakhir saya {}
passwordku dulu {}
kok {} salah terus ya passwordnya
{} itu sandi saya
{} password saya
{} <- password saya
saya masukkan {} sebagai password
saya ketik password {} lalu enter
halo min, lupa password, kayaknya {} tapi salah
password ({}) ditolak
password "{}" tidak diterima
password '{}' salah
password `{}` salah
password [{}] salah
password -> {}
password => {}
password = {}
password ; {}
password:{}
Password : {}
PASSWORD SAYA {}
P@ssword: {}
passwordnya tu {} loh
password aku yaitu: {}
passwordnya adalah : {}
passphrase saya {}
PIN akun saya {}
passcode saya {}
password sso {}
password sso saya {}
password akun itb saya {}
password office 365 saya {}
pass sso gw {}
sandi sso ku {}
sandi email kampus saya {}
lupa password yang dulu {}
udah ganti password jadi {} tapi ga bisa
barusan ganti pw ke {}
password saya ganti jadi {}
password saya diubah menjadi {}
sandi saya telah diubah menjadi {}
nanti passwordnya {} ya
""".strip().splitlines()
ENGLISH = """
my password is {}
my password: {}
my pw is {}
my pw {}
my pass is {}
my pwd = {}
password is {}
password was {}
the password is {}
the password I use is {}
the password i typed is {}
the password I set was {}
i typed the password {} and it failed
I used {} as my password
I use {} as password
i set my password to {}
I set {} as my new password
please set my password to {}
please change my password to {}
change password to {} please
reset my password to {}
make it {} please, my new password
can you make my password {}
new password: {}
new password {}
new pw: {}
old password {}
old password was {}
my old password was {}, what now
my current password is {}
current pw {}
temp password {}
temporary password: {}
default password {}
initial password is {}
login: budi.santoso password: {}
login budi.santoso / {}
user budi.santoso, pass {}
username budi.santoso and password {}
username is budi.santoso password is {}
credentials: budi.santoso / {}
credentials budi.santoso:{}
id 13519001 password {}
email budi@example.net, password {}
with password {} it fails
tried password {} no luck
tried {} as password
it says password {} is wrong
it rejects my password {}
the site rejects {} as my password
my password {} is not accepted
my password ({}) is rejected
my password "{}" is rejected
my password '{}' does not work
password - {}
password -> {}
Password={}
PASSWORD: {}
pass: {}
pass = {}
pw:{}
pwd:{}
passwd {}
passcode {}
passphrase: {}
my passphrase is {}
I believe my password is {}
I think my password is {}
i think the password was {}
I'm sure my password is {}
pretty sure it's {} , my password
my password should be {}
my password used to be {}
my password must be {}
my password might be {}
here is my password: {}
here's my password {}
this is my password {}
{} is my password
{} was my password
{} <- my password
my sso password is {}
my sso password {}
my account password is {}
my university password is {}
password for my account is {}
password for sso: {}
the password of my account: {}
my email password is {}
my wifi password is {}
what's wrong with my password {}
why is my password {} wrong
is {} a valid password
would {} be ok as a password
is my password still {}
could you check if my password is {}
hello, my password {} stopped working
pls help password {} not working
forgot password, maybe {}
password maybe {}
password probably {}
my passwort is {}
my pasword is {}
my passsword is {}
my p/w is {}
p/w: {}
PW - {}
secret: {}
login with {} fails, password is right
""".strip().splitlines()
"""Many ways to let a password slip, one a line."""

BOUND = (
    "password saya adalah {}",
    "sandi saya: {}, tolong direset",
    "my passphrase is {}",
    "passwordnya yaitu {} tapi ga bisa masuk",
    'my password is "{}" please help',
    "pw = {}",
    "password: {}",
    "Password={}",
    "passwordnya: {} ya",
    "kata sandi: {}",
    "pw baru: {}",
    "sandi saya ialah {}",
    "my new password is {}",
    "new password: {}",
    "the password is {}",
    "old password was {}",
)
BARE = (
    "{}",
    "udah coba {} tetep ga bisa",
    "ini ya min {} tolong dicek",
    "i typed {} and nothing happened",
    "saya pakai {}, kenapa ditolak?",
)


class Typed(NamedTuple):
    text: str
    password: str


def _compliant(rng: random.Random) -> str:
    """At least 10 characters of all four classes (ITB II.B.6), in any order."""
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits, SYMBOLS)
    letters = [rng.choice(each) for each in classes]
    letters += [rng.choice("".join(classes)) for _ in range(rng.randint(6, 14))]
    rng.shuffle(letters)
    return "".join(letters)


def _word_symbol_digits(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)}{rng.choice('#!@_-.*$')}{rng.randint(1, 9999)}"


def _leet(rng: random.Random) -> str:
    word = f"{rng.choice(WORDS)}{rng.choice(WORDS)}".lower().translate(LEET)
    return f"{word}{rng.randint(0, 99)}"


def _word_digits(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)}{rng.randint(10, 2030)}"


def _name_digits(rng: random.Random) -> str:
    return f"{rng.choice(('Budi', 'Siti', 'Doraemon', 'Persija'))}{rng.randint(10, 2030)}"


def _plain(rng: random.Random) -> str:
    return rng.choice(("kucingku", "qwertyuiop", "iloveyou", "bismillah", "merdekaa", "asdfgh"))


def _digits(rng: random.Random) -> str:
    return str(rng.randint(100_000, 999_999_999))


def _phrase(rng: random.Random) -> str:
    return rng.choice((" ", "-")).join(rng.sample([w.lower() for w in WORDS], rng.randint(3, 5)))


def generated(count: int, seed: int = 20) -> list[Typed]:
    rng = random.Random(seed)
    in_context = (_compliant, _word_symbol_digits, _leet, _word_digits)
    typed: list[Typed] = []
    for index in range(count):
        kind = index % 6
        if kind < 4:
            make, context = in_context[kind], rng.choice(CONTEXTS)
        elif kind == 4:
            make, context = _phrase, rng.choice(BOUND)
        else:
            make, context = _compliant, rng.choice(BARE)
        password = make(rng)
        typed.append(Typed(context.format(password), password))
    return typed


def everywhere(seed: int = 21) -> list[Typed]:
    """Every carrier with every shape of password that its words allow to be recognised."""
    rng = random.Random(seed)
    mixed = (_compliant, _word_symbol_digits, _leet, _word_digits, _name_digits)
    pairs = [
        *product((*INDONESIAN, *ENGLISH), (*mixed, *mixed)),
        *product(BOUND, (*mixed, _plain, _digits, _phrase)),
    ]
    made = [(context, make(rng)) for context, make in pairs]
    return [Typed(context.format(password), password) for context, password in made]
