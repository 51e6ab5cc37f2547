"""What people do with the product, one verb each; the ledger judges after every one."""

import asyncio
import tempfile
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from clocks import ManualClock
from ledger import Ledger, Step, look
from product import Product

from backend.store.accounts import accounts

GOOD = "Tulang.Rusuk.Ikan.{}!"
BAD = "kurang"


class Story:
    """A product of its own, and everything that was done with it."""

    def __init__(self, prepared):
        self._folder = tempfile.TemporaryDirectory()
        self._runner = asyncio.Runner()
        self.clock = ManualClock()
        self.product = Product(prepared, Path(self._folder.name), self.clock)
        self.sent: list[tuple[str, str, str]] = []
        """Every message: chat, text and its id."""
        self.passwords = 0
        self._run(self.product.start())
        self.ledger = Ledger(self._look())

    def _run(self, work):
        return self._runner.run(work)

    def _look(self):
        return self._run(look(self.product.backend.db))

    def end(self):
        """Check the audit trail's chain, and stop everything."""
        try:
            report = self._run(self.product.backend.services.audit.verify(self.product.backend.db))
            assert report.first_broken is None
        finally:
            self.drop()

    def drop(self):
        """Stop everything."""
        self._run(self.product.stop())
        self._runner.close()
        self._folder.cleanup()

    def _step(self, **did):
        return Step(self.clock.now(), **did)

    def _judge(self, step):
        """See to all that follows from a step, and judge it."""
        self._run(self.product.settle())
        heard = [text for chat in sorted(self.product.chats) for text in self._heard(chat)]
        mails = self.product.new_mails()
        self.ledger.judge(step, self._look(), mails, heard, self.clock.now())

    def _heard(self, chat):
        return self._run(self.product.heard(chat))

    # -- the chat ------------------------------------------------------------------------------
    def say(self, chat, text, fault=None):
        step = self._step(chat=chat, text=text)
        self.sent.append((chat, text, f"e{len(self.sent)}"))
        self._run(self.product.say(*self.sent[-1], fault=fault))
        self._judge(step)

    def redeliver(self, which):
        """The platform delivers a message a second time."""
        self._run(self.product.say(*self.sent[which % len(self.sent)]))
        self._nothing_happened()

    def _nothing_happened(self):
        self._run(self.product.settle())
        for chat in sorted(self.product.chats):
            assert not self._heard(chat), "a repeat was answered"
        self.ledger.nothing_changed(self._look(), self.product.new_mails())

    def ask_for_code(self, chat, wish, account, fault=None):
        """Do what nearly everybody does to get a code; return it, or None when none came."""
        before = len(self.ledger.codes)
        self.say(chat, f"{wish} {account}", fault if "lupa" not in wish else None)
        if "lupa" in wish:
            self.say(chat, "ya", fault)
        return self.ledger.codes[-1] if len(self.ledger.codes) > before else None

    # -- links and pages -----------------------------------------------------------------------
    def open(self, link):
        """Open a mailed link; return its page, or None when it does not open."""
        now = self.clock.now()
        answer, cookie = self._run(self.product.page("exchange", {"token": link.token}))
        page = self.ledger.opened(link, cookie, now) if answer["state"] == "open" else None
        self._judge(self._step())
        return page

    def submit(self, page, number, *, good=True):
        """Fill in a page and send it; return what it answers."""
        self.passwords += 1
        password = GOOD.format(1000 + self.passwords) if good else BAD
        step = self._step(page=page, number=number, good_password=good)
        body = {"number": number, "password": password}
        answer, _ = self._run(self.product.page("submit", body, page.cookie))
        step.state = answer["state"]
        self._judge(step)
        page.touched_at = self.clock.now()
        return step.state

    def freeze(self, which):
        """Somebody says "it wasn't me"."""
        account, token = self.ledger.freezes[which % len(self.ledger.freezes)]
        answer, _ = self._run(self.product.page("freeze", {"token": token}))
        if answer["state"] == "frozen":
            self.ledger.frozen_until[account] = datetime.fromisoformat(answer["until"])
            self.ledger.reached["frozen"] += 1
        self._judge(self._step())

    # -- the world -----------------------------------------------------------------------------
    def wait(self, seconds):
        """Let time pass, and everything happen that is due then."""
        self.clock.forward(seconds=seconds)
        self._run(self.product.backend.scheduler.run_due())
        self._judge(self._step())

    def lock(self, account):
        """Somebody types wrong passwords at the sign-on page."""
        self._run(self._lock(account))
        self._judge(self._step())

    async def _lock(self, account):
        async with self.product.backend.db.begin() as tx:
            change = sa.update(accounts).where(accounts.c.username == account)
            await tx.execute(change.values(locked=True))

    def restart_bot(self):
        self._run(self.product.restart_bot())
        self._nothing_happened()

    def restart_backend(self):
        self._run(self.product.restart_backend())
        self._nothing_happened()
