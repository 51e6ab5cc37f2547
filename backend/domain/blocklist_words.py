"""Words passwords are made of here: institutional, Indonesian, English, keyboard, names.

Written for this project, lower case, three letters or more. Inflected forms are not needed where
at most two letters are added: those count as decoration.
"""

from __future__ import annotations

WORDS = """
itb polibatam politeknik institut teknologi bandung ganesha jatinangor cirebon batam kampus
universitas mahasiswa mahasiswi mhs dosen tendik rektor dekan prodi fakultas jurusan sekolah siswa
kuliah kelas semester wisuda sarjana magister doktor diploma skripsi tesis tugas ujian nilai
perpustakaan asrama himpunan osis ospek kaderisasi alumni angkatan nim nip nopeg nidn nrp stei
ftmd ftsl fmipa fttm fsrd sappk sbm sith sitb fti fitb kkn ppl ukm bem akademik pegawai staf
kantor dti helpdesk akun akunku email surel sso olah six edunex office teams microsoft unpad upi
unpar telkom telkomsel indosat ugm undip ipb unair its brawijaya gunadarma binus

password passwords pass pwd passcode kata sandi katasandi sandiku rahasia rahasiaku kunci kode
masuk login admin administrator root user guest tamu test testing tes coba cobacoba contoh default
standar baru lama ganti ubah reset aktif welcome selamat datang selamatdatang halo hallo hello
akses secret private master super superman sistem server komputer laptop internet wifi google
gmail yahoo facebook instagram whatsapp telegram tiktok youtube twitter netflix shopee tokopedia
gojek grab windows android samsung xiaomi oppo vivo iphone apple linux ubuntu

indonesia jakarta surabaya semarang yogyakarta jogja jogjakarta medan makassar palembang denpasar
bali malang bogor depok tangerang bekasi solo surakarta padang pekanbaru lampung pontianak
banjarmasin balikpapan samarinda manado ambon jayapura papua sumatra sumatera jawa kalimantan
sulawesi lombok aceh riau jambi bengkulu banten sunda garut tasikmalaya tasik sukabumi cianjur
cimahi lembang dago dipatiukur buahbatu antapani cihampelas braga parahyangan priangan merdeka
pancasila garuda nusantara bhinneka proklamasi soekarno sukarno hatta soeharto suharto habibie
jokowi prabowo gibran pertiwi bangsa negara presiden republik merahputih

januari februari maret april mei juni juli agustus september oktober november desember senin
selasa rabu kamis jumat sabtu minggu tahun bulan hari tanggal pagi siang sore malam besok kemarin
january february march june july august october december monday tuesday wednesday thursday friday
saturday sunday spring summer autumn winter

sayang sayangku sayangkamu cinta cintaku cintakamu kasih kekasih kangen rindu pacar suami istri
mama papa ibu bapak ayah bunda kakak adik anak keluarga nenek kakek teman sahabat bidadari cantik
ganteng manis imut lucu bahagia senang sedih gembira semangat sukses berkah rezeki rejeki aku kamu
kita saya dia kami mereka ingin mau bisa pasti harus jangan lupa lupalagi ingat tidak bukan iya
oke siap mantap keren hebat jagoan juara pemenang raja ratu putri pangeran

allah allahuakbar bismillah alhamdulillah subhanallah insyaallah masyaallah assalamualaikum islam
muslim muslimah muhammad rasulullah ramadhan ramadan lebaran idulfitri mekah mekkah madinah quran
yesus kristus tuhan yesusku haleluya jesus christ gereja natal doa iman surga

anjing kucing ayam burung ikan gajah macan harimau singa naga kuda sapi kambing kelinci monyet
ular elang merpati panda bunga mawar melati anggrek matahari bintang langit laut pantai gunung
hujan pelangi awan angin api air tanah pohon hutan sungai danau hitam putih merah biru hijau
kuning ungu coklat oranye pink abu emas perak berlian

nasi goreng nasigoreng bakso mie indomie sate rendang gudeg seblak cireng batagor siomay kopi teh
susu gula garam sambal pedas durian mangga pisang apel jeruk semangka

persib persija persebaya arema psis bobotoh viking timnas barcelona realmadrid madrid chelsea
arsenal liverpool manchester united juventus milan inter ronaldo messi neymar marquez rossi naruto
sasuke hinata luffy goku pokemon pikachu doraemon sailormoon onepiece anime blackpink bts exo kpop
bigbang twice mobilelegends freefire pubg valorant minecraft roblox dota playstation

budi agus siti dewi sri eko dwi tri catur adi ahmad achmad andi andre anita anisa annisa arif ari
ayu bagus bambang bayu citra dian diana dimas dina dinda edi endang erik fajar farhan fauzan fitri
galih gilang hadi hana hendra heru ika ilham imam indah indra intan irfan iwan joko kartika kevin
kurnia lestari lia lina lukman maya mega michael nadia nanda nina nisa novi nur nurul permata
prasetyo pratama putra rahma rahmat rama rani ratna reza rian rina rini riska rizal rizki rizky
ryan sandra santi santoso saputra sari setiawan sinta slamet suharti sukma susanti susi taufik
teguh tika tina toni udin umar vina wahyu wati wawan widodo wijaya wulan yanti yudi yulia yuni
yusuf zahra zaki hidayat nugroho siregar nasution simanjuntak sitompul harahap lubis asep ujang
dadang cecep tatang euis neng

letmein iloveyou loveyou love lovely lover monkey dragon football baseball basketball soccer
princess sunshine shadow jordan hunter killer buster tigger charlie freedom whatever trustno trust
starwars matrix batman spiderman computer flower orange banana cookie chocolate pepper ginger
jessica ashley daniel thomas robert andrew joshua matthew jennifer nicole amanda hannah angel
angels heaven diamond silver golden purple yellow green blue red black white blink cheese happy
friend friends family mother father sister brother baby babygirl honey sweet sweety beautiful
smile forever goodbye please access changeme change temp temporary company business student
teacher school college university campus account service support mustang ferrari porsche harley
yamaha honda toyota suzuki ninja warrior wizard phoenix eagle falcon tiger lion bear wolf panther
snake secure security qwerty

qwertyuiop qwertyui qwert qwer werty ytrewq poiuyt asdfghjkl asdfgh asdfg asdf lkjhgf zxcvbnm
zxcvbn zxcvb zxcv mnbvcxz qazwsxedc qazwsx qaz wsx edc qweasdzxc qweasd qwe asd zxc poi lkj mnb
abcdefgh abcdefg abcdef abcde abcd abc xyz zyx
"""
