"""The same key and request: one effect, one answer."""

import asyncio
import hashlib
import json

import sqlalchemy as sa

from backend.store.idempotency import answers


async def test_a_repeated_call_gets_the_first_answer_and_has_no_second_effect(call):
    first = await call("POST", "/v1/notes", b'{"text":"a"}', key="one")
    again = await call("POST", "/v1/notes", b'{"text":"a"}', key="one")
    assert (again[0].status, again[1]) == (first[0].status, first[1]) == (201, b'{"count":1}')
    _, counted = await call("GET", "/v1/notes")
    assert json.loads(counted) == {"count": 1}


async def test_sixteen_at_once_have_one_effect(call):
    body = b'{"text":"slow"}'
    all_answers = await asyncio.gather(
        *(call("POST", "/v1/notes", body, key="one") for _ in range(16))
    )
    assert {(response.status, answer) for response, answer in all_answers} == {
        (201, b'{"count":1}')
    }


async def test_another_request_under_the_same_key_is_refused(call):
    await call("POST", "/v1/notes", b'{"text":"a"}', key="one")
    response, body = await call("POST", "/v1/notes", b'{"text":"b"}', key="one")
    assert response.status == 422
    assert json.loads(body)["type"].endswith("idempotency_key_reused")


async def test_a_write_without_a_key_is_refused(call):
    response, body = await call("POST", "/v1/notes", b'{"text":"a"}', key="")
    assert response.status == 400
    assert json.loads(body)["type"].endswith("idempotency_key_required")


async def test_a_refusal_is_an_answer_too_and_is_repeated(call):
    first = await call("POST", "/v1/notes", b'{"text":"soon"}', key="one")
    again = await call("POST", "/v1/notes", b'{"text":"soon"}', key="one")
    assert first[0].status == again[0].status == 429
    assert first[1] == again[1]
    assert first[0].headers["Retry-After"] == "60"
    assert json.loads(again[1])["retry_after"] == 60


async def test_busy_and_crashed_calls_leave_nothing_behind(call, db):
    for text in ("busy", "crash"):
        response, _ = await call("POST", "/v1/notes", f'{{"text":"{text}"}}'.encode(), key=text)
        assert response.status in {500, 503}
    _, counted = await call("GET", "/v1/notes")
    assert json.loads(counted) == {"count": 0}
    async with db.read() as tx:
        assert (await tx.execute(sa.select(answers))).all() == []


async def test_answers_are_sealed_at_rest(call, db):
    await call("POST", "/v1/notes", b'{"text":"a"}', key="one")
    async with db.read() as tx:
        (row,) = (await tx.execute(sa.select(answers))).all()
    assert "count" not in row.body


async def test_the_bot_s_keys_and_an_operator_s_keys_do_not_meet(call):
    await call("POST", "/v1/notes", b'{"text":"a"}', key="one")
    response, _ = await call("DELETE", "/v1/notes/a", principal="operator", actor="a", key="one")
    assert response.status == 204


async def test_what_is_kept_of_a_request_is_no_verifier_of_the_code_in_it(call, db):
    body = b'{"text":"12345678"}'
    await call("POST", "/v1/notes", body, key="one")
    async with db.read() as tx:
        (kept,) = (await tx.execute(sa.select(answers))).all()
    guessed = b"\n".join((b"POST", b"/v1/notes", body))
    assert kept.request_hash != hashlib.sha256(guessed).hexdigest()
    assert "12345678" not in repr(kept)
