"""How people on phones write, and what they mean: `canonical: variants`, one line each.

Only forms that mean the same in every sentence stand here. Several canonical words are allowed
("gabisa" is "tidak bisa"). Reviewed as prose; order within a line has no meaning.
"""

from __future__ import annotations

from nlu.tables import pairs

INDONESIAN = pairs("""
tidak: ga gak gk g nggak ngga enggak engga kagak kaga gag gx tak tdk tida tdak ndak nda ora teu
  ngak gada2 nggk gkk henteu mboten tifak tidk
tidak bisa: gabisa gbisa gbs gabs gakbisa nggakbisa ngga2bisa ndakbisa
tidak ada: gada gaada gakada takada
tidak mau: gamau gakmau
tidak usah: gausah gakusah gausa
jangan: jgn jngn jangn janganlah ojo
tidak jadi: gajadi gakjadi
tidak tahu: gatau gatahu gaktau
belum: blm blum belom blom lom
sudah: udah udh sdh dah uda sudh udahh dh
bisa: bs bsa tiasa iso isa
bagaimana: gimana gmn gmna gimn bgmn gmana gimna piye kumaha pripun gemana
kenapa: knp knapa ngapa kenape mengapa kok ko
apa: apaan ap
yang: yg yng
dengan: dgn dg sm sama ama
untuk: utk buat bwt tuk untk
saya: sy aku ak gue gw gua gwe w abdi kulo urang awak sya ane
kamu: lu lo loe km kmu elo
saja: aja aj ae wae doang
tapi: tp tpi tetapi namun
karena: krn karna krna soalnya gegara gara garagara
terus: trs trus tros
lagi: lg lgi
juga: jg jga
sekali: bgt banget bngt bgtt amat pisan
tolong: tlg tlong tulung tulungi plis pls please plz pliss tolonglah
bantu: bantuin bantuan dibantu membantu tolongin bantuannya bantosan
mohon: mhn mhon
sekarang: skrg skrang
kemarin: kmrn kmren kemaren
besok: bsk bsok
orang: org jalma jelema wong
nomor: nmr nomer nomber nmer nomr
telepon: telpon telp tlp tlpn telfon telephone
hp: handphone hape hanphone henpon handpone ponsel phone hpnya
email: e-mail imel emai emial surel mail imail gmail yahoo outlook hotmail
password: pw pass pasword paswot paswod passwd pwd pswd passwrod pasward passwort sandi
  katasandi kata2sandi passphrase passcode passwordnya psw pasw pswrd
akun: acc acount account akn akum accoun accont akaun
akun-akun: accounts
login: log-in signin sign-in log-on logon mlebu lojin
logout: log-out signout sign-out
masuk: msk msuk masok mlebet asup
keluar: kluar klr
kode: kd kde code codes kod
otp: otpnya otpp
verifikasi: verif veri verivikasi ferifikasi verifikasinya
reset: mereset direset ngereset riset reseting resetting resetin resetkan resat setel2ulang
lupa: lupaa lupq hilap lali kelupaan forgot forgt forgto forgotten forget lp lupain klupaan
ganti: mengganti gantiin diganti gnti ganti2 mengganti2 gantinya penggantian
ubah: mengubah merubah rubah diubah dirubah ngubah merobah ngerubah ubahin perubahan
kunci: dikunci
terkunci: kekunci kelock ke-lock ngelock trkunci locked lock konci digembok gembok kekonci loked
  lockout kelocked terlock
blokir: diblokir keblokir terblokir memblokir block blocked keblock diblok suspend suspended
  disuspend kesuspend
buka kunci: unlock diunlock di-unlock unlocked unlocking unlok
buka: dibuka bukain membuka bukakan ngebuka kebuka
tiket: incident incidents insiden tkt ticket tickets tikets tiketnya
laporan: lapor report melapor aduan pengaduan ngadu laporin keluhan komplain complaint complain
  komplen
status: sts statusnya
petugas: staf staff agen agent admin adminnya mimin operator cs teknisi representative
min: mimin2 atmin
manusia: human humans jalmi
bicara: ngomong ngobrol ngobrolan berbicara bicarain speak talk omong mengobrol
hubungi: menghubungi kontak contact dihubungi hub ngehubungin kontakan
sambungkan: sambungin disambungkan connect menyambungkan hubungkan disambungin alihkan transferkan
batal: batalkan batalin dibatalkan cancel btl cancelled membatalkan urungkan canceled dicancel
makasih: mksh mksih makasi maksih mks trims thx tq thanks tnx tengkyu tengkiu suwun nuwun nuhun
  tks thank2you ty tysm terimakasih trimakasih trmksh terimakasi
kak: kakak kk2
cek: periksa ngecek dicek cekin cekkan check checking periksakan mengecek
kirim: dikirim ngirim mengirim kirimin terkirim dikirimkan kirimkan send sent sending krm
  kirimkn kekirim dikirm mengirimkan kiriman
terima: menerima diterima nerima receive received recieve recieved receiving
dapat: dapet mendapat mendapatkan dpt dapetin dpet
sampai: nyampe nyampai sampe nyampek smp
muncul: kemunculan muncl
datang: dtg dateng datangnya
bikin: membuat dibuat buatkan dibuatkan bikinin bikinkan buatin create creating make nyieun
  pembuatan created making
daftar: mendaftar daftarin terdaftar didaftarkan pendaftaran register registrasi signup sign-up
  registration registering daftarkan
hapus: menghapus dihapus ngehapus delete remove deleted removal deletion hapuskan ngapus hps
  dihps kehapus penghapusan deleting
aktif: aktifkan mengaktifkan aktifin aktivasi activate active diaktifkan aktipkan activation
  aktivkan
nonaktif: dinonaktifkan nonaktifkan menonaktifkan inactive deactivate deactivated disabled
  disable penonaktifan non-aktif
aktif lagi: reaktivasi reactivate reactivation
perpanjang: perpanjangan memperpanjang diperpanjang extend extension extending panjangin
gagal: ggl failed fail fails failure failing
salah: slh salahh wrong incorrect keliru
eror: error errornya erorr err erroe errror
kedaluwarsa: kadaluarsa kadaluwarsa expired expire expires kadaluarso basi
susah: sush susahnya sulit ribet syusah sulitnya
butuh: perlu membutuhkan need needs btuh needed memerlukan
mau: mo pengen ingin pgn pingin pengin mw pen want wanna hendak menginginkan arep hayang
tanya: nanya bertanya menanyakan nanyain
username: nama2akun userid user-id usernamenya uname
tamu: guest guests visitor visitors tamunya
pemulihan: recovery pulihkan memulihkan dipulihkan recover recovering
perbarui: update memperbarui diperbarui updating updated perbaharui diupdate ngupdate memperbaharui
cara: caranya carane cranya prosedur gmncara
assalamualaikum: asalamualaikum assalamuallaikum aslm askum asslm ass assalam assalammualaikum
  assalamualaykum assalamulaikum samlekum asallamualaikum
halo: hallo helo hello hellow hallow halow alo
hai: hi hy hay hey heya hei hiya
aplikasi: apk app apps aplikasinya aplikas apps2 applikasi
pakai: pake pakek make2 dipakai dipake
tunggu: nunggu nungguin menunggu nunggui waiting wait tungguin
lama: lambat lemot lelet slow telat terlambat late
cepat: cpt cepet asap buruan cepetan
kampus: campus university universitas univ
mahasiswa: mhs mahasiswi student students maba
dosen: lecturer lecturers professor
pegawai: tendik karyawan employee
hilang: ilang lost lose missing raib lenyap menghilang
wifi: wi-fi wipi hotspot
bapak: pak pk
ibu: bu
""")

ENGLISH = pairs("""
i: im i'm ive i've id i'd ill i'll
not: dont don't doesnt doesn't didnt didn't cannot2 isnt isn't wasnt wasn't wont won't havent
  haven't hasnt hasn't arent aren't couldnt couldn't wouldnt wouldn't shouldnt shouldn't aint nt
can not: cant can't cannot cnt couldn
you: u ya2 y'all
your: ur
are: r
to: 2
for: 4
because: cuz coz bcs bcz
people: ppl
someone: sb somebody
got to: gotta
going to: gonna
what: wat wut
what is: whats what's wats
it is: its it's
that is: thats that's
address: adress addres adres
working: workin
sign in: signing
log in: logging
reset: restet rest reseted
""")

PHRASES = (
    ("kata sandi", "password"),
    ("kata kunci", "password"),
    ("pass word", "password"),
    ("terima kasih", "makasih"),
    ("thank you", "makasih"),
    ("log in", "login"),
    ("logged in", "login"),
    ("log on", "login"),
    ("sign in", "login"),
    ("signing in", "login"),
    ("logging in", "login"),
    ("log out", "logout"),
    ("logged out", "logout"),
    ("sign up", "daftar"),
    ("nama pengguna", "username"),
    ("user name", "username"),
    ("user id", "username"),
    ("atur ulang", "reset"),
    ("setel ulang", "reset"),
    ("buka blokir", "buka kunci"),
    ("no hp", "nomor hp"),
    ("no telepon", "nomor telepon"),
    ("no wa", "nomor wa"),
    ("no whatsapp", "nomor whatsapp"),
    ("no tiket", "nomor tiket"),
    ("no laporan", "nomor laporan"),
    ("no induk", "nomor induk"),
    ("no rekening", "nomor rekening"),
    ("no rek", "nomor rekening"),
    ("no kartu", "nomor kartu"),
    ("no surat", "nomor surat"),
    ("no ktp", "nomor ktp"),
    ("no identitas", "nomor identitas"),
    ("no yang", "nomor yang"),
    ("no lama", "nomor lama"),
    ("no saya", "nomor saya"),
    ("no baru", "nomor baru"),
    ("no phonemask", "nomor phonemask"),
    ("karena karena", "karena"),
    ("one time", "otp"),
    ("customer service", "petugas"),
    ("customer care", "petugas"),
    ("call center", "petugas"),
    ("help desk", "helpdesk"),
    ("wi fi", "wifi"),
    ("e mail", "email"),
    ("tidak aktif", "nonaktif"),
    ("non aktif", "nonaktif"),
)
"""Two words that are one, looked at after each word was made canonical."""
