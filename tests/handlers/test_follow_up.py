"""Questions about what was answered last."""

import pytest
from builders import Intent, buttons, keys, meaning, said

from handlers import conversation as root
from handlers import links
from handlers.account_lifecycle_question import Topic
from handlers.flow import FlowName, Followed
from handlers.follow_up import reply
from handlers.kernel import LinkSent, SendCode, UserChose
from handlers.links import IssuingLink
from handlers.model import Active, Control, Conversation, change_control

RESET, RULES = FlowName.RESET_PASSWORD, FlowName.LIFECYCLE_QUESTION
MAILED, EXPLAINED = Followed(RESET), Followed(RULES, Topic.END)


@pytest.mark.parametrize(
    ("followed", "message", "texts"),
    [
        pytest.param(None, meaning("linknya mana"), [], id="nothing was answered"),
        pytest.param(MAILED, meaning("linknya belum masuk"), ["link.not_there"], id="link"),
        pytest.param(MAILED, meaning("kirim ulang tautannya", Intent.OTP_PROBLEM),
                     ["link.not_there"], id="again"),
        pytest.param(MAILED, meaning("belum masuk juga", Intent.OTP_PROBLEM),
                     ["link.not_there"], id="what does not arrive is the link"),
        pytest.param(MAILED, meaning("emailnya belum datang"), ["link.not_there"], id="mail"),
        pytest.param(MAILED, meaning("nomornya berapa tadi?"), ["link.number"], id="number"),
        pytest.param(MAILED, meaning("what was the number?", Intent.UPDATE_RECOVERY_EMAIL, 0.6),
                     ["link.number"], id="number, taken for a wish"),
        pytest.param(MAILED, meaning("batalkan resetnya", Intent.CANCEL),
                     ["link.needs_no_cancel"], id="cancel"),
        pytest.param(MAILED, meaning("link hilang, lupa password", Intent.RESET_PASSWORD),
                     [], id="another wish"),
        pytest.param(MAILED, meaning("hmm"), [], id="something else"),
        pytest.param(EXPLAINED, meaning("kalau KJP?"), ["lifecycle.end.kjp"], id="type"),
        pytest.param(EXPLAINED, meaning("dosen kapan?", Intent.OUT_OF_SCOPE, 0.98),
                     ["lifecycle.end.lecturer"], id="type, surely foreign alone"),
        pytest.param(EXPLAINED, meaning("perpanjang akun dosen?"), ["lifecycle.extend.lecturer"],
                     id="another topic, too"),
        pytest.param(EXPLAINED, meaning("akun dosen saya terkunci", Intent.UNLOCK_ACCOUNT, 0.6),
                     [], id="a wish"),
        pytest.param(EXPLAINED, meaning("dosen saya tidak membalas pesan sejak kemarin"),
                     [], id="a long story"),
        pytest.param(EXPLAINED, meaning("hmm"), [], id="no type"),
    ],
)  # fmt: skip
def test_a_follow_up(followed, message, texts):
    assert keys(reply(followed, message)) == texts


def talking(**fields):
    return Conversation(turn=3, **fields)


def test_the_link_is_followed_until_something_else_begins():
    issuing = Active(RESET, 1, IssuingLink(RESET, "budi", "g-1"))
    sent = LinkSent("bu***@example.net", "4242", 900, ref=1)
    mailed = root.step(talking(active=issuing, flows=1), sent).state
    assert mailed.followed == MAILED
    asked = root.step(mailed, said("linknya belum masuk"))
    assert (keys(asked.effects), buttons(asked.effects)) == (
        ["link.not_there"],
        ["flow:reset_password", "human"],
    )
    assert asked.state.misunderstood == 0
    for event in (said("ya", Intent.AFFIRM), UserChose(asked.state.offer, "flow:reset_password")):
        again = root.step(asked.state, event)
        assert any(isinstance(effect, SendCode) for effect in again.effects)
        assert again.state.followed is None


def test_a_yes_without_an_offer_starts_nothing():
    assert keys(root.step(talking(followed=MAILED), said("ya", Intent.AFFIRM)).effects) == [
        "fallback.first"
    ]


def test_the_last_rule_is_followed():
    told = root.step(
        talking(),
        said("akun mahasiswa sampai kapan", Intent.ACCOUNT_LIFECYCLE_QUESTION),
    )
    assert told.state.followed == EXPLAINED
    assert keys(root.step(told.state, said("kalau KJP?")).effects) == ["lifecycle.end.kjp"]


def test_a_human_takes_the_follow_ups_over():
    assert change_control(talking(followed=MAILED), Control.HUMAN).followed is None


def test_the_check_number_is_not_kept():
    (told,) = links.told(LinkSent("bu***@example.net", "4242", 900))
    assert "4242" in str(told.args)
    (again, *_) = reply(MAILED, meaning("nomornya berapa tadi?"))
    assert again.args == {}
