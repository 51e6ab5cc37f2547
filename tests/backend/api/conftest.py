"""A server with two small routes of its own: the mechanics, without the services."""

import asyncio
from types import SimpleNamespace

import msgspec
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from backend.service.errors import BackendBusy, NotFound, TooSoon
from backend.service.vault import Vault
from backend.store.database import Database
from backend.store.idempotency import answers
from backend.web.api.auth import Authenticator
from backend.web.api.idempotency import Idempotency
from backend.web.api.problems import problem_middleware
from backend.web.api.routing import Param, Principal, Route
from backend.web.api.server import add_api
from backend_client import signing

KEYS = {Principal.BOT: "b" * 40, Principal.OPERATOR: "o" * 40}
metadata = sa.MetaData()
notes = sa.Table("note", metadata, sa.Column("text", sa.Text))


class Note(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class Count(msgspec.Struct):
    count: int


async def add_note(services, call):
    """Write a note, and fail in the way its text asks for."""
    async with services.db.begin() as tx:
        await tx.execute(sa.insert(notes).values(text=call.body.text))
    match call.body.text:
        case "busy":
            raise BackendBusy(retry_after=3)
        case "soon":
            raise TooSoon("wait", retry_after=60)
        case "crash":
            raise RuntimeError("rahasia")
        case "slow":
            await asyncio.sleep(0.05)
    return await count_notes(services, call)


async def count_notes(services, call):
    async with services.db.read() as tx:
        query = sa.select(sa.func.count()).select_from(notes)
        return Count((await tx.execute(query)).scalar_one())


async def forget(services, call):
    if call.params["name"] == "nobody":
        raise NotFound


ROUTES = (
    Route(
        "POST", "/v1/notes", "addNote", "Add", Principal.BOT, add_note,
        request=Note, answer=Count, status=201, refusals=(TooSoon,),
    ),
    Route(
        "GET", "/v1/notes", "countNotes", "Count", Principal.BOT, count_notes, answer=Count,
        query=(Param("after", "From", int, 0, high=10), Param("tag", "Tag")),
    ),
    Route(
        "DELETE", "/v1/notes/{name}", "forget", "Forget", Principal.OPERATOR, forget,
        refusals=(NotFound,),
    ),
)  # fmt: skip


class Caller:
    """Signs like the real client, and lies where a test asks for it."""

    def __init__(self, client, clock) -> None:
        self.client = client
        self.clock = clock

    async def __call__(
        self, method, path, body=b"", *, principal="bot", key="k", actor="", **lies
    ):
        call = signing.Signable(method, path, int(self.clock.now().timestamp()), actor, key, body)
        signed = lies.get("signed", call)
        headers = {
            signing.PRINCIPAL: principal,
            signing.TIMESTAMP: str(call.timestamp),
            signing.SIGNATURE: signing.sign(
                lies.get("secret", KEYS[principal]), principal, signed
            ),
            "Content-Type": "application/json",
        }
        headers |= {signing.IDEMPOTENCY_KEY: key} if key else {}
        headers |= {signing.ACTOR: actor} if actor else {}
        headers |= lies.get("headers", {})
        data = lies.get("data", body)
        response = await self.client.request(method, path, data=data, headers=headers)
        return response, await response.read()


@pytest.fixture
async def db(database_url):
    database = Database(database_url)
    async with database.begin() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.run_sync(answers.create)
    yield database
    await database.close()


@pytest.fixture
async def call(db, clock):
    app = web.Application(middlewares=[problem_middleware], client_max_size=2000)
    add_api(
        app,
        ROUTES,
        SimpleNamespace(db=db),
        Authenticator(KEYS, clock),
        Idempotency(db, Vault("s" * 40), clock),
    )
    async with TestClient(TestServer(app)) as client:
        yield Caller(client, clock)
