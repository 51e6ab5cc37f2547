"""Which flow answers an intent, where the words say more than the intent."""

import pytest

from handlers.flow import FlowName
from handlers.routing import flow_for
from nlu.types import Entity, EntityKind, Intent, Person, Understanding

GUEST = Entity(EntityKind.ACCOUNT_TYPE, 0, 4, "guest")


@pytest.mark.parametrize(
    ("intent", "meaning", "flow"),
    [
        (Intent.RESET_PASSWORD, Understanding("lupa password"), FlowName.RESET_PASSWORD),
        (
            Intent.RESET_PASSWORD,
            Understanding("apa syarat password baru?"),
            FlowName.LIFECYCLE_QUESTION,
        ),
        (
            Intent.REQUEST_GUEST_ACCOUNT,
            Understanding("akun tamu masa aktifnya sampai kapan?"),
            FlowName.LIFECYCLE_QUESTION,
        ),
        (
            Intent.REQUEST_GUEST_ACCOUNT,
            Understanding("akun tamu sampai kapan pun untuk:", people=(Person("Ulfa"),)),
            FlowName.REQUEST_GUEST_ACCOUNT,
        ),
        (
            Intent.RESET_PASSWORD,
            Understanding("mau klaim akun", entities=(GUEST,)),
            FlowName.CLAIM_GUEST_ACCOUNT,
        ),
        (Intent.CHECK_ACCOUNT, Understanding("klaim akun tamu"), FlowName.CLAIM_GUEST_ACCOUNT),
        (Intent.RESET_PASSWORD, Understanding("set password maya.tamu"), FlowName.RESET_PASSWORD),
        (Intent.RESET_PASSWORD, Understanding("tamu.maya, set password"), FlowName.RESET_PASSWORD),
        (
            Intent.UNLOCK_ACCOUNT,
            Understanding("mau reset password sama buka kunci akun"),
            FlowName.RESET_PASSWORD,
        ),
        (
            Intent.UNLOCK_ACCOUNT,
            Understanding("unlock my account and reset it"),
            FlowName.RESET_PASSWORD,
        ),
        (
            Intent.UNLOCK_ACCOUNT,
            Understanding("habis reset password akun saya terkunci"),
            FlowName.UNLOCK_ACCOUNT,
        ),
        (Intent.THANK, Understanding("makasih"), None),
    ],
)
def test_the_flow_of_an_intent(intent, meaning, flow):
    assert flow_for(intent, meaning) is flow
