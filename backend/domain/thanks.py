"""Is a message nothing but thanks? Such a message must not bring a case back (agents.md)."""

from __future__ import annotations

import re

_THANKS = frozenset(
    """terimakasih terimakasi trimakasih trims makasih makasi maksih mksh tengkyu suwun nuhun
    thanks thank thx tx ty tks tq""".split()  # noqa: SIM905 - a list of words reads better so
)
_COURTESY = frozenset(
    """banyak sangat banget sekali selalu ya yaa yah min mimin admin kak kakak pak bapak bu ibu
    mas mbak bang gan kang tim team helpdesk dti it atas bantuan bantuannya info infonya respon
    responnya telah dibantu membantu sudah udah dah bisa lagi semua semuanya saya kami ok oke
    okay okey sip siap mantap baik alhamdulillah matur hatur pisan sukses sehat
    you u so very much a lot for your the help all again sir madam now works working fixed great
    good perfect""".split()  # noqa: SIM905 - likewise
)
_GRATEFUL_SIGNS = frozenset("🙏👍😊🤝😁🙂❤")
_TWO_WORDS = re.compile(r"\b(?:terima|trima)\s+kasi(?:h)?\b")
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 16


def is_thanks(text: str) -> bool:
    """Tell whether a message is nothing but thanks, in Indonesian or English.

    Anything beyond thanks and courtesy ("makasih, tapi masih belum bisa") is not.
    """
    words = _WORD.findall(_TWO_WORDS.sub("terimakasih", text.casefold()))
    if not words:
        return any(sign in _GRATEFUL_SIGNS for sign in text)
    if len(words) > _LONGEST or "?" in text:
        return False
    rest = [word for word in words if word not in _THANKS]
    return len(rest) < len(words) and all(word in _COURTESY for word in rest)
