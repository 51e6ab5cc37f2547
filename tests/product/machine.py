"""Anything anybody does, in any order, to the whole product: backend, bot and durable runtime.

Two owners, the owner of a locked account and somebody who is none of them, each in a chat of their
own, with mailboxes that people read aloud to one another. `ledger` judges after every step.
"""

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from product import DEADLY, LOST
from story import Story

CHATS = ("budi", "siti", "mallory")
ACCOUNTS = ("budi.santoso", "siti.rahma", "agus.wijaya")
WISHES = ("lupa password", "lupa password", "terkunci", "cek akun")
CHAT, ACCOUNT, WISH = (st.sampled_from(names) for names in (CHATS, ACCOUNTS, WISHES))
TWO_ACCOUNTS = st.tuples(ACCOUNT, ACCOUNT)
LOGIN = st.sampled_from([*ACCOUNTS, "tidak.ada"])
LATE = st.sampled_from([-1, -1, -1, -2, 0])
"""Which of what was collected: mostly the newest."""
MOSTLY = st.sampled_from([True, True, True, False])
FAULT = st.sampled_from([None, None, None, None, None, LOST, DEADLY])
SECONDS = st.sampled_from([1, 5, 40, 60, 60, 300, 599, 600, 899, 900, 1200, 86_400])


def some(name):
    """Allow a rule once the ledger knows any such thing."""
    return precondition(lambda self: getattr(self.story.ledger, name))


class People(RuleBasedStateMachine):
    """What they can do to the product."""

    def __init__(self, prepared, reached):
        super().__init__()
        self.story = Story(prepared)
        self.reached = reached
        self.pages = []

    def teardown(self):
        self.reached.update(self.story.ledger.reached)
        for what in self.story.ledger.reached:
            event(what)
        self.story.end()

    # -- asking --------------------------------------------------------------------------------
    @rule(chat=CHAT, wish=WISH, account=ACCOUNT, fault=FAULT)
    def ask_for_code(self, chat, wish, account, fault):
        self.story.ask_for_code(chat, wish, account, fault)

    @rule(chat=CHAT, wish=WISH, account=ACCOUNT, fault=FAULT, opens=MOSTLY)
    def prove(self, chat, wish, account, fault, opens):
        """What nearly everybody does; a relayed code counts, the link goes to the owner."""
        self.story.say(chat, "batal")
        code = self.story.ask_for_code(chat, wish, account)
        if code is not None:
            before = len(self.story.ledger.links)
            self.story.say(chat, code.digits, fault)
            if opens and len(self.story.ledger.links) > before:
                self.open(-1)

    @rule(chat=CHAT, account=ACCOUNT, seconds=st.sampled_from([0, 0, 0, 599]), mine=st.booleans())
    def reset(self, chat, account, seconds, mine):
        """The whole way, sometimes as slowly as one may; perhaps the owner knows nothing of it."""
        pages, notices = len(self.pages), len(self.story.ledger.freezes)
        self.prove(chat, "lupa password", account, None, opens=True)
        self.story.wait(seconds)
        if len(self.pages) > pages:
            self.submit(-1, "right", good=True)
        if not mine and len(self.story.ledger.freezes) > notices:
            self.story.freeze(-1)

    @rule(chat=CHAT, wish=WISH)
    def wish_for(self, chat, wish):
        self.story.say(chat, wish)

    @rule(chat=CHAT, login=LOGIN)
    def name_an_account(self, chat, login):
        self.story.say(chat, login)

    @rule(chat=CHAT, fault=FAULT)
    def agree(self, chat, fault):
        self.story.say(chat, "ya", fault)

    @rule(chat=CHAT)
    def cancel(self, chat):
        self.story.say(chat, "batal")

    # -- codes ---------------------------------------------------------------------------------
    @some("codes")
    @rule(which=LATE, fault=FAULT)
    def type_a_code(self, which, fault):
        code = self.nth("codes", which)
        self.story.say(code.chat, code.digits, fault)

    @some("codes")
    @rule(which=LATE, where=LATE)
    def type_a_code_where_another_was_asked_for(self, which, where):
        self.story.say(self.nth("codes", where).chat, self.nth("codes", which).digits)

    @rule(chats=st.permutations(CHATS), wishes=st.tuples(WISH, WISH), accounts=TWO_ACCOUNTS)
    def mix_up(self, chats, wishes, accounts):
        """Two ask for codes, and one types what was meant for the other."""
        codes = []
        for chat, wish, account in zip(chats, wishes, accounts, strict=False):
            self.story.say(chat, "batal")
            codes.append(self.story.ask_for_code(chat, wish, account))
        if all(codes):
            self.story.say(codes[0].chat, codes[1].digits)

    @some("codes")
    @rule(which=LATE, chat=CHAT)
    def type_a_code_anywhere(self, which, chat):
        self.story.say(chat, self.nth("codes", which).digits)

    @some("codes")
    @rule(which=LATE, by=st.integers(1, 9), times=st.sampled_from([1, 1, 1, 6]))
    def guess(self, which, by, times):
        code = self.nth("codes", which)
        for n in range(times):
            self.story.say(code.chat, f"{(int(code.digits) + by + n) % 10**8:08}")
            if times > 1:
                self.story.wait(40)

    @some("codes")
    @rule(which=LATE, seconds=st.sampled_from([0, 59, 60, 60]), fault=FAULT, old=st.booleans())
    def resend(self, which, seconds, fault, old):
        """Ask again; then, often, somebody types the code of the mail before."""
        code = self.nth("codes", which)
        self.story.wait(seconds)
        self.story.say(code.chat, "kirim ulang", fault)
        if old:
            self.story.say(code.chat, code.digits)

    # -- links ---------------------------------------------------------------------------------
    @some("links")
    @rule(which=LATE)
    def open(self, which):
        page = self.story.open(self.nth("links", which))
        if page is not None:
            self.pages.append(page)

    @precondition(lambda self: self.pages)
    @rule(which=LATE, number=st.sampled_from(["right", "right", "wrong", "other"]), good=MOSTLY)
    def submit(self, which, number, good):
        page = self.pages[which % len(self.pages)]
        right = page.link.number or "0000"
        typed = {
            "right": right,
            "wrong": f"{(int(right) + 1) % 10_000:04}",
            "other": self.nth("links", 0).number or "0000",
        }[number]
        event(f"submit {number}: {self.story.submit(page, typed, good=good)}")

    @some("links")
    @rule(which=LATE)
    def use_a_link_twice(self, which):
        for _ in range(2):
            page = self.story.open(self.nth("links", which))
            if page is not None:
                self.story.submit(page, page.link.number)

    @some("freezes")
    @rule(which=LATE)
    def object(self, which):
        self.story.freeze(which)

    # -- the world -----------------------------------------------------------------------------
    @rule(seconds=SECONDS)
    def wait(self, seconds):
        self.story.wait(seconds)

    @rule(account=ACCOUNT, chat=CHAT, recovers=MOSTLY, fault=FAULT)
    def lock(self, account, chat, recovers, fault):
        self.story.lock(account)
        if recovers:
            self.prove(chat, "terkunci", account, fault, opens=False)

    @precondition(lambda self: self.story.sent)
    @rule(which=st.integers(-4, -1))
    def redeliver(self, which):
        self.story.redeliver(which)

    @rule(bot=st.booleans())
    def restart(self, bot):
        if bot:
            self.story.restart_bot()
        else:
            self.story.restart_backend()

    def nth(self, name, which):
        found = getattr(self.story.ledger, name)
        return found[which % len(found)]
