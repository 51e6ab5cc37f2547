"""Words that stand next to "password" in everyday messages and are no password themselves.

Used by `nlu.secrets` only. A word belongs here when people write it after "password saya …" or
"my password is …" to *talk* about the password. Inflected forms are recognised by affix.
"""

from __future__ import annotations

import re

from nlu.tables import words

_INDONESIAN = """
ada adalah admin agar aja aktif akan akhirnya akses aku akun aman ambil anda aneh apa apakah apk
aplikasi apus asal atas atau awal ayo baca bagaimana baik bantu bapak baru barusan batal bawah
beda begitu belum benar bener benerin berapa beres berhasil beri berkali berubah besar besok
biar biasa bikin bilang bingung bisa bs blm blokir bocor boleh buat bukan buka bulan bung bu ibu
butuh cara cari cek cepat coba cocok cuma cukup d dah dalam dan dapat dapet dari data daftar deh
dek demi dengan depan detik dgn di dia diminta disuruh domain dong dosen dulu dung email emang
enggak entah error eror expired file ga gabisa gada gagal gak gan ganti gara gbs ganteng gitu
gimana gini gk gmn gt gua gue guys gw habis hack halo hai hanya hanyut harap hari harus hbs
hilang hp huruf ingat inget ingin ini isi itu iya izin jadi jam jangan jaringan jawab jelas juga
jumat jauh kadaluarsa kadaluwarsa kak kakak kalau kali kalo kaga kagak kami kampus kan kapan
kapital karakter karena karna kasih kayak kayaknya kata ke keluar kemarin kembali kena kenapa
kendala kepada keren kesini ketik kirain kirim kita klik klo km knp kode kok kombinasi komputer
kosong kuat kuliah kunci kurang kyk lagi lain lama lalu langsung laptop lebih lemah lengkap
lewat lho link lo loh login logout lu lupa lwt maaf macam mahasiswa maka makanya mana manual mas
masa masih masalah masuk mati mau mbak melalui memang menit mesti mhs mhn milik min minggu
minimal minta mis misal mohon mulu muncul mudah mungkin nama nanti ndak ngga nggak nih nim nip
no nomer nomor notif nya oleh om orang oke ok otomatis otp pada padahal pak pakai pake paling
panjang pas password pasti pegawai pendek perlu permanen pertama pernah persis plis portal
profil punya pusing rabu rasa rahasia ribet rusak sama sampai sandi sangat satu saat saja salah
saya sbg sebagai sebelum sebelumnya sedang segera sehari sejak sekali sekarang selalu selain sm
selamat semalam sementara semua sendiri senin sering sesuai setelah setiap sy si siapa simbol
sih sini siakad sistem skrg soal solusi spasi staf status sudah susah sdh supaya surat tadi tahu
tahun takut tamu tanpa tau tautan telah temen teman tendik terakhir terima terlalu terus tetap
tetep tgl tiap tiba tidak tiket tim tinggal tlg toh tolong tp trs tuh tunggu udah udh ulang umum
unik untuk utk verifikasi wa wajib waktu wifi wkwk ya yaa yah yaitu yang yg yuk betul keblokir
kelock ketuker typo dana jelek gampang simpel nyambung kebuka nyangkut mental mentok mau2
sering-sering via web website wong yth zonk ambyar hangus kocak parah payah tersebut begini
bapaknya ibunya kantor unit kerja prodi fakultas jurusan dipake keganti kesimpan kesave dihack
kehack dibajak kebobol bobol cs hubungi petugas operator helpdesk formulir dokumen menu tombol
layar halaman laman hape browser chrome aplikasinya situs jangka masa beserta serta maupun
ataupun seperti kemudian trus tros abis usai selesai sukses diterima ditolak nyoba nyobain
ngetik masukkan masukin memasukkan berbeda angka kecil symbol digit campuran hurup minimum
maksimal maksimum sebulan seminggu setahun semester dua tiga empat lima enam tujuh delapan
sembilan sepuluh kesalahan kelupaan ketentuan syarat aturan keamanan tidaknya gantinya doang
banget bgt bngt amat sekalian sekaligus tolongin bantuin mereka ortu anak adik istri suami pacar
teknisi mobile android iphone windows laptopnya tlong mohonlah
"""

_ENGLISH = """
a able about above access account accounts accidentally active actually after again ago all
already also always am an and another any anymore anything app are around as ask at attempt
autofill available back bad be because become been before being best both box broken browser but
by call came can cannot cant case change changed characters check code come compromised contact
correct correctly could couldnt cracked create current currently data date day days dear
deactivated detail did didnt different digit directly do does doesnt doing done dont down due
each easily easy either email empty end enough entry error even ever every everything exactly
exists expire expired extremely fail failed fails few field fine first fix for forgot forgotten
found four friday from get gets gives go goes gone good got guess guys hacked had hard has hasnt
have havent he hello help here hey hi hint history how i id if im immediately in incorrect info
inside instead into invalid is isnt issue it its ive just keep keeps kindly know known last
later leaked least leave length less let letter letters like likely link list lock locked log
login logged long longer lost made mail make manager many matching match matches maybe me mean
might mine minute minutes missing mistake mistaken monday month more most much must my name near
need needs never new next nice no not nothing now of off office often ok old on once one online
only option or other our out outdated over own page part people phone please policy portal
possible prefer previous probably problem prompt properly question quickly quite rather really
reason recover recovery refuse refused rejected reminder remember request require required
requirement requirements reset resetting rest right rule rules safe said same saturday save
saved say says second secret secure security see seems send sent set setting settings several
she should show shows since sir site so some somehow someone something sometimes somewhere soon
sorry still stolen stop stopped strength strong stuck student such suddenly sunday support
supposed sure system temporary ten than thank thanks that thats the their them then there these
they thing think this those though three thursday ticket till time times to today together told
tomorrow tonight too tried tries true try tuesday turn twice two type typing unable uncommon
under unknown until up update updated upper upside us use used user username using usually valid
verification very via wait want was wasnt way we weak website wednesday week weeks well were
what whats when where whether which while who why will with within without wont word words work
works worked would wouldnt wrong year years yes yesterday yet you your yours accepted recognised
recognized anyways capital special shared public compliant expiring failing working matching
asap pls plz btw lol thx u ur dunno wanna gonna gotta cuz coz tho
"""

ORDINARY = words(_INDONESIAN) | words(_ENGLISH)

STOPPERS = words("""
tolong mohon tapi tp tpi tetapi namun please pls but kenapa knp kok bisa bs min kak gak ga gk ngga
nggak tidak tdk can could why help terus trus dan and pak bu mas mbak gimana gmn bagaimana makasih
thanks thank lalu padahal karena because udah udh sudah masih lupa mau nim nip username apakah
however which tadi barusan reset minta terima ya yah dong deh nih sih ok oke itu so i it
""")
"""Words at which a passphrase ends and the conversation goes on."""

_PARTICIPLE = re.compile(r"[a-z]{3,}(?:ed|ing|ly)\Z")
_CONTRACTION = re.compile(r"[a-z]{1,8}['\u2019](?:t|s|re|ve|ll|d|m)\Z")
_CLITICS = ("nya", "ny", "ku", "mu", "lah", "kah", "in", "an", "2")
_LONGEST = 24


def is_ordinary(word: str, *, participles: bool = True) -> bool:
    """Say whether `word` (lower case, without punctuation) is a word people use in sentences.

    With `participles` an unknown word counts when it ends like one ("rejected", "failing").
    """
    if not word or word in ORDINARY:
        return True
    if len(word) > _LONGEST or not word[0].isalpha():
        return False
    return (
        _CONTRACTION.match(word) is not None
        or _is_reduplicated(word)
        or any(word.endswith(end) and word[: -len(end)] in ORDINARY for end in _CLITICS)
        or (participles and _PARTICIPLE.match(word) is not None)
    )


def _is_reduplicated(word: str) -> bool:
    # "salah-salah", "masuk-masuknya", "di-reset", "e-mail"
    first, dash, second = word.partition("-")
    if not dash or not second or not second.isalpha():
        return False
    if first in _PREFIXES:
        return True
    return second.startswith(first[:3]) or (first in ORDINARY and second in ORDINARY)


_PREFIXES = words("di ke e re se nge ng log sign non ter ber me ku pre pasca anti on off")
