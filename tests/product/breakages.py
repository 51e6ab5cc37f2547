"""Products broken on purpose, each in one place, each with the story that would do harm there."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
from product import LOST

from backend import main as backend_main
from backend.domain import links as life
from backend.domain import risk
from backend.domain.codes import CodeRules
from backend.service import code_checks, link_issuing, link_pages, subjects
from backend.service.challenges import Challenges
from backend.service.grants import Grants
from backend.service.password_settlement import Settlement
from backend.service.verification import Verification
from backend.store import links as link_rows
from backend.store import verification as verification_rows
from backend.store.accounts import accounts
from backend.web.pages import routes
from bot.channels import rest
from bot.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Callable

BUDI, SITI, AGUS = "budi.santoso", "siti.rahma", "agus.wijaya"
RESET, CHECK, UNLOCK = "lupa password", "cek akun", "terkunci"


# -- stories ------------------------------------------------------------------------------------
def a_wrong_code(story):
    code = story.ask_for_code("budi", RESET, BUDI)
    story.say("budi", f"{(int(code.digits) + 1) % 10**8:08}")


def a_code_in_another_chat(story):
    story.ask_for_code("mallory", RESET, BUDI)
    code = story.ask_for_code("budi", RESET, BUDI)
    story.say("mallory", code.digits)


def a_code_for_another_account(story):
    story.ask_for_code("mallory", RESET, BUDI)
    code = story.ask_for_code("siti", RESET, SITI)
    story.say("mallory", code.digits)


def a_code_for_another_purpose(story):
    story.ask_for_code("mallory", RESET, BUDI)
    code = story.ask_for_code("budi", CHECK, BUDI)
    story.say("mallory", code.digits)


def the_code_before_a_resend(story):
    code = story.ask_for_code("budi", RESET, BUDI)
    story.wait(60)
    story.say("budi", "kirim ulang")
    assert story.ledger.codes[-1] is not code
    story.say("budi", code.digits)


def a_code_ten_minutes_old(story):
    code = story.ask_for_code("budi", RESET, BUDI)
    story.wait(300)
    story.say("budi", "sebentar")  # or the silence would end the flow first
    story.wait(300)
    story.say("budi", code.digits)


def six_guesses(story):
    code = story.ask_for_code("budi", RESET, BUDI)
    for n in range(1, 7):
        story.say("budi", f"{(int(code.digits) + n) % 10**8:08}")
        story.wait(40)


def a_code_whose_answer_is_lost(story):
    code = story.ask_for_code("budi", RESET, BUDI)
    story.say("budi", code.digits, LOST)


def a_request_whose_answer_is_lost(story):
    story.ask_for_code("budi", RESET, BUDI, LOST)


def a_reset(story):
    page, number = an_open_page(story)
    story.submit(page, number)


def an_open_page(story, chat="budi", account=BUDI):
    story.say(chat, story.ask_for_code(chat, RESET, account).digits)
    link = story.ledger.links[-1]
    return story.open(link), link.number


def a_wrong_number(story):
    page, number = an_open_page(story)
    story.submit(page, f"{(int(number) + 1) % 10_000:04}")


def a_used_link(story):
    a_reset(story)
    story.open(story.ledger.links[-1])


def an_old_link(story):
    story.say("budi", story.ask_for_code("budi", RESET, BUDI).digits)
    story.clock.forward(minutes=15)
    story.open(story.ledger.links[-1])


def two_links(story):
    an_open_page(story)
    an_open_page(story, "mallory")


def a_reset_after_it_was_not_me(story):
    a_reset(story)
    story.freeze(-1)
    code = story.ask_for_code("mallory", RESET, BUDI)
    story.say("mallory", code.digits if code else "00000000")


def a_locked_account(story):
    story.ask_for_code("mallory", UNLOCK, AGUS)


def a_message_delivered_twice(story):
    story.ask_for_code("budi", RESET, BUDI)
    story.redeliver(-1)


# -- what is broken -----------------------------------------------------------------------------
def nothing(_patch):
    pass


def any_code_is_right(patch):
    patch.setattr(code_checks, "same_code", lambda _typed, _right: True)


def any_mailed_code_is_right(patch):
    made, code_of = set(), Challenges.code

    def code(self, challenge):
        made.add(code_of(self, challenge))
        return code_of(self, challenge)

    patch.setattr(Challenges, "code", code)
    patch.setattr(code_checks, "same_code", lambda typed, _right: typed in made)


def codes_live_an_hour(patch):
    rules = partial(CodeRules, lifetime=timedelta(hours=1))
    patch.setattr(backend_main, "CodeRules", rules)


def six_tries(patch):
    rules = partial(CodeRules, tries=6, delays=(timedelta(0),) * 6)
    patch.setattr(backend_main, "CodeRules", rules)


def every_try_has_a_key_of_its_own(patch):
    perform = Effects._perform

    async def anew(self, conversation, _key, call):
        return await perform(self, conversation, secrets.token_hex(20), call)

    patch.setattr(Effects, "_perform", anew)


def used_codes_stay_good(patch):
    every_try_has_a_key_of_its_own(patch)
    set_challenge = verification_rows.set_challenge

    async def forgetful(tx, challenge, **values):
        values.pop("used_at", None)
        if values:
            await set_challenge(tx, challenge, **values)

    patch.setattr(verification_rows, "set_challenge", forgetful)


def grants_go_astray(patch):
    issue = Grants.issue

    async def astray(self, tx, proof):
        other = sa.select(accounts.c.id).where(accounts.c.username == SITI)
        return await issue(self, tx, replace(proof, account_id=await tx.scalar(other)))

    patch.setattr(Grants, "issue", astray)


def asking_lifts_a_lockout(patch):
    start = Verification.start

    async def courteous(self, request):
        account = await self._subjects._directory.find(request.login)
        await self._subjects._directory.unlock(account.id)
        return await start(self, request)

    patch.setattr(Verification, "start", courteous)


def any_number_is_right(patch):
    submitted = life.submitted

    def lenient(state, rules, now, *, right_number):
        del right_number
        return submitted(state, rules, now, right_number=True)

    patch.setattr(life, "submitted", lenient)


def used_links_stay_good(patch):
    async def spare(*_):
        pass

    patch.setattr(Settlement, "_end_link", spare)
    patch.setattr(link_pages.LinkPages, "_account_end", lambda *_: None)


def links_never_age(patch):
    patch.setattr(life, "opening_end", lambda state, _now: state.ended)


def links_pile_up(patch):
    async def insert(_db, tx, row):
        await tx.execute(sa.text("DROP INDEX IF EXISTS uq_links_live"))
        await tx.execute(sa.insert(link_rows.links).values(row))

    patch.setattr(link_rows, "insert_only_live", insert)


def nothing_freezes(patch):
    for module in (risk, subjects, link_issuing, link_pages):
        patch.setattr(module, "is_frozen", lambda *_: False)


def the_page_is_optimistic(patch):
    patch.setattr(routes, "outcome", lambda _result: {"state": "changed"})


def repeats_are_not_recognised(patch):
    inbound = rest.inbound

    def anew(*args):
        row = inbound(*args)
        return replace(row, dedupe=secrets.token_hex(8))

    patch.setattr(rest, "inbound", anew)


@dataclass(frozen=True)
class Breakage:
    """A broken product, the story that shows it, and what the ledger says then."""

    broken: "Callable"
    story: "Callable"
    verdict: str

    def __str__(self):
        return f"{self.broken.__name__}-{self.story.__name__}"


BREAKAGES = (
    Breakage(any_code_is_right, a_wrong_code, "not the newest right code"),
    Breakage(any_mailed_code_is_right, a_code_in_another_chat, "not the newest right code"),
    Breakage(any_mailed_code_is_right, a_code_for_another_account, "not the newest right code"),
    Breakage(any_mailed_code_is_right, a_code_for_another_purpose, "not the newest right code"),
    Breakage(any_mailed_code_is_right, the_code_before_a_resend, "not the newest right code"),
    Breakage(codes_live_an_hour, a_code_ten_minutes_old, "a code accepted too late"),
    Breakage(six_tries, six_guesses, "a sixth try"),
    Breakage(used_codes_stay_good, a_code_whose_answer_is_lost, "two grants for one message"),
    Breakage(
        every_try_has_a_key_of_its_own,
        a_request_whose_answer_is_lost,
        "more codes than were asked for",
    ),
    Breakage(grants_go_astray, a_reset, "a grant for another account"),
    Breakage(asking_lifts_a_lockout, a_locked_account, "no proof for this account"),
    Breakage(any_number_is_right, a_wrong_number, "the number was wrong"),
    Breakage(used_links_stay_good, a_used_link, "a used link opened"),
    Breakage(links_never_age, an_old_link, "a link opened too late"),
    Breakage(links_pile_up, two_links, "two live links"),
    Breakage(nothing_freezes, a_reset_after_it_was_not_me, "frozen"),
    Breakage(the_page_is_optimistic, a_wrong_number, "does not say what happened"),
    Breakage(repeats_are_not_recognised, a_message_delivered_twice, "a repeat was answered"),
)
