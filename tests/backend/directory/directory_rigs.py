"""A rig holds one directory under the contract, and what its servers do behind its back.

The next adapter (LDAP, AD, Entra) is one more rig in `conftest.RIGS`. A rig gives:

- `directory`: the adapter;
- `add(**facts)`: puts an account with the password `INITIAL` there by other means, returns its id;
- `fail_logins(id)`: what a person does who forgot the password, until the account is locked;
- `logs_in(id, password)`: a real login where the server can have one (bind), else what
  `verify_password` says; `None` for "cannot tell".
"""

import uuid

import sqlalchemy as sa
from pydantic import SecretStr

from backend.adapters.directory.sql import SqlDirectory
from backend.domain.accounts import AccountType
from backend.service import kdf
from backend.service.addresses import seal_address
from backend.service.vault import Vault
from backend.store.accounts import accounts, recovery_freezes
from backend.store.database import Database, metadata

INITIAL = SecretStr("Awal-Sandi-Lama-2024!")


class SqlRig:
    def __init__(self, url, clock):
        self.clock = clock
        self.db = Database(url)
        self.vault = Vault("k" * 43)
        self.directory = SqlDirectory(self.db, self.vault, clock)

    async def start(self):
        async with self.db.engine.begin() as connection:
            await connection.run_sync(metadata.create_all, [accounts, recovery_freezes])
        self.hash = await kdf.hash_password(INITIAL)

    async def add(self, **facts):
        account_id = uuid.uuid4().hex
        facts.setdefault("username", f"u{account_id[:8]}")
        facts.setdefault("account_type", AccountType.STAFF)
        address = seal_address(self.vault, account_id, facts.pop("recovery_email", None))
        now = self.clock.now()
        row = {"id": account_id, "display_name": "Uji", "password_hash": self.hash}
        row |= {"created_at": now, "updated_at": now, **facts, **address}
        async with self.db.begin() as tx:
            await tx.execute(sa.insert(accounts).values(row))
        return account_id

    async def fail_logins(self, account_id):
        while not (await self.directory.get(account_id)).locked:
            await self.directory.verify_password(account_id, SecretStr("Bukan-Sandinya-99!"))

    async def logs_in(self, account_id, password):
        return await self.directory.verify_password(account_id, password)

    async def stop(self):
        await self.directory.close()
        await self.db.close()
