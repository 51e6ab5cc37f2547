"""What canonical words are about, across both languages.

The classifier sees which concepts meet in a message ("FORGET" and "PASSWORD") beside its words:
a sentence with words the training data never used is still understood by its concepts, and one
without any is recognised as none of our business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlu.tables import pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

CONCEPTS = pairs("""
PASSWORD: password credential credentials pin key passkey
ACCOUNT: akun sso ina profil profile
USERNAME: username loginmask
FORGET: lupa ingat remember recall hafal inget misplaced
CHANGE: ganti ubah change modify edit perbarui perbaikan correct koreksi replace swap switch set
RESET: reset restore retrieve retrieval pemulihan regain
LOGIN: login masuk akses access authenticate
LOGOUT: logout
LOCK: terkunci kunci lock attempts percobaan
BLOCK: blokir nonaktif banned freeze dibekukan
OPEN: buka open
CODE: kode otp verifikasi codemask token verify
ARRIVE: datang sampai terima dapat arrive arrived arrives get got came come comes muncul nyangkut
SEND: kirim resend kirimulang
AGAIN: ulang lagi again another
NEG: tidak belum bukan not no never without none nothing nope gagal unable tanpa
FORBID: jangan dont
WRONG: salah eror ditolak invalid rejected rejects wrongly refuses refused bermasalah trouble
  problem problems masalah rusak broken
HARD: susah lama delay takes
EMAIL: email emailmask inbox mailbox spam
PHONE: nomor telepon hp sms phonemask mobile number wa whatsapp
DATA: data biodata kk ktp nik informasi info information details detail nama name address alamat
  personal pribadi contact records
HUMAN: orang petugas manusia person human someone somebody anybody manager atasan robot bot live
  supervisor assistant asisten advisor
TALK: bicara hubungi sambungkan chat call telepon contact transfer eskalasi escalate panggil
  ditelepon speak reach panggilkan ngobrol
REPORT: laporan
TICKET: tiket ticketmask
CASE: kasus case request permintaan permohonan pengajuan issue application
STATUS: status kabar progres progress perkembangan kelanjutan lacak track tracking news follow
HACK: retas diretas hack hacked dibajak dibobol compromised phishing mencurigakan suspicious
  stolen curi dicuri
GUEST: tamu auditor eksternal konsultan vendor peserta narasumber pembicara asesor external
  speakers speaker consultant delegation visiting temporary sementara
LETTER: surat lettermask letter memo
CREATE: bikin open daftar
DELETE: hapus tutup close remove
ACTIVE: aktif
EXTEND: perpanjang
EXPIRE: kedaluwarsa berlaku valid masa habis
GRADUATE: lulus wisuda alumni pensiun graduate graduation graduated retire retired retiring
  resign resigned kontrak contract cuti
ROLE: mahasiswa dosen pegawai kjp tad mitra partner partners
HOW: bagaimana cara how
WHY: kenapa why
WHEN: kapan when until lama long
WHO: siapa who
WANT: mau butuh minta mohon tolong like please
CHECK: cek lihat look show see
THANK: makasih appreciate grateful cheers membantu helpful terbantu
GREET: halo hai pagi siang sore malam permisi assalamualaikum salam morning afternoon evening
  punten greetings
BYE: dadah bye goodbye jumpa pamit wassalam wassalamualaikum farewell later
YES: ya iya betul benar bener oke ok okay yes yep yup yeah sure setuju lanjut boleh silakan
  right exactly correct siap sip
STOP: batal stop berhenti hentikan sudahi cukup abort quit exit undo nevermind nvm forget
  lupakan abaikan ignore disregard
HELP: bantu help assist assistance menu panduan petunjuk bingung
BOTSELF: kamu fitur fungsi commands capabilities purpose layanan services
IT: wifi printer vpn lms moodle edunex proyektor projector scanner laptop komputer computer
  monitor keyboard mouse internet jaringan network server vps website hosting domain software
  windows office excel word powerpoint outlook onedrive drive zoom teams lisensi license matlab
  spss turnitin jurnal journals firewall siakad install kabel virus
CAMPUS: krs ukt nilai wisuda jadwal kuliah beasiswa prodi jurusan semester ijazah transkrip
  skripsi perpustakaan asrama kampus kelas tuition grade scholarship library dorm course exam
  thesis major ukm sks ospek ip
MONEY: bayar saldo bank transfer kartu rekening uang biaya harga pulsa tagihan bill card fee
  fees loan mortgage balance credit price refund invoice pinjam bunga
SHOP: barang pesanan pesan paket ongkir diskon promo order delivery package shoes belanja toko
  penjual produk product item
MEDIA: film lagu musik game movie song play buku book story novel
REVIEW: bagus jelek keren mantap kecewa puas memuaskan great terrible bintang stars app aplikasi
  iklan ads
WORLD: cuaca weather hujan rain presiden president resep recipe dokter obat hotel pesawat flight
  tiketpesawat dunia world negara country
""")

_MOST = 14


def concepts_of(canonical: Sequence[str]) -> list[str]:
    """Return the concepts of the words, each once, in the order they first stand."""
    found = dict.fromkeys([CONCEPTS[word] for word in canonical if word in CONCEPTS])
    return list(found)[:_MOST]


def concept_features(canonical: Sequence[str]) -> list[str]:
    """Return the concepts, their pairs, and how much of the message has a concept at all."""
    found = sorted(concepts_of(canonical))
    features = [concept_name(concept) for concept in found]
    features += [f"k:{one}+{two}" for at, one in enumerate(found) for two in found[at + 1 :]]
    return features + extent_of(canonical)


def concept_name(concept: str) -> str:
    """Return the name of the feature that says a concept is there."""
    return f"k:{concept}"


def concept_pair(feature: str) -> tuple[str, str] | None:
    """Return the two concepts of "k:FORGET+PASSWORD", in their order; None of other features."""
    one, plus, two = feature.partition("+")
    return (one[2:], two) if plus and feature.startswith("k:") else None


def extent_of(canonical: Sequence[str]) -> list[str]:
    """Return the features that say how much of a message has a concept, and how long it is."""
    covered = sum(map(CONCEPTS.__contains__, canonical))
    share = covered * 4 // max(len(canonical), 1)
    return [f"k:covered={share}", f"k:length={min(len(canonical).bit_length(), 6)}"]
