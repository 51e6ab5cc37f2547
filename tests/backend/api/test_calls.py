"""Who may call, what is decoded, and what an error looks like."""

import json
from dataclasses import replace

import pytest

from backend_client import signing

NOTE = b'{"text":"a"}'


def problem(answer):
    response, body = answer
    assert response.content_type == "application/problem+json"
    found = json.loads(body)
    assert found["status"] == response.status
    return response.status, found["type"].removeprefix("urn:helpdesk:problem:")


def header(name, value):
    return {"headers": {name: value}}


async def test_a_signed_call_is_answered(call):
    response, body = await call("POST", "/v1/notes", NOTE)
    assert (response.status, json.loads(body)) == (201, {"count": 1})


@pytest.mark.parametrize(
    ("lies", "expected"),
    [
        pytest.param({"secret": "x" * 40}, "unauthorized", id="another secret"),
        pytest.param({"data": b'{"text":"b"}'}, "unauthorized", id="another body"),
        pytest.param(header(signing.PRINCIPAL, "rector"), "unauthorized", id="nobody"),
        pytest.param(header(signing.TIMESTAMP, "now"), "unauthorized", id="no time"),
        pytest.param(header(signing.IDEMPOTENCY_KEY, "x"), "unauthorized", id="another key"),
        pytest.param(header("Content-Type", "text/plain"), "unsupported_media_type", id="text"),
    ],
)
async def test_a_call_that_is_not_what_was_signed_is_refused(call, lies, expected):
    assert problem(await call("POST", "/v1/notes", NOTE, **lies))[1] == expected


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        pytest.param(signing.MAX_SKEW, 201, id="as old as may be"),
        pytest.param(signing.MAX_SKEW + 1, 401, id="a second too old"),
        pytest.param(-signing.MAX_SKEW, 201, id="as far ahead as may be"),
        pytest.param(-signing.MAX_SKEW - 1, 401, id="a second too far ahead"),
    ],
)
async def test_a_signature_is_good_for_five_minutes(call, clock, seconds, status):
    then = int(clock.now().timestamp()) - seconds
    signed = signing.Signable("POST", "/v1/notes", then, "", "k", NOTE)
    headers = {signing.TIMESTAMP: str(then)}
    response, _ = await call("POST", "/v1/notes", NOTE, signed=signed, headers=headers)
    assert response.status == status


@pytest.mark.parametrize("field", ["actor", "idempotency_key", "target"])
def test_bytes_that_are_no_text_are_a_wrong_signature_and_no_error(field):
    call = signing.Signable("GET", "/v1/notes", 1, "", "", b"")
    odd = replace(call, **{field: "\udcff"})
    signature = signing.sign("b" * 40, "bot", call)
    assert not signing.verify("b" * 40, "bot", odd, signature, 1)
    assert not signing.verify("b" * 40, "bot", call, "\udcff", 1)
    assert signing.verify("b" * 40, "bot", call, signature, 1)


async def test_one_principal_s_key_does_not_open_the_other_s_routes(call):
    assert problem(await call("DELETE", "/v1/notes/a")) == (403, "forbidden")
    answer = await call("POST", "/v1/notes", NOTE, principal="operator", actor="rina")
    assert problem(answer) == (403, "forbidden")


async def test_an_operator_says_who_acts(call):
    assert problem(await call("DELETE", "/v1/notes/a", principal="operator")) == (
        400,
        "actor_required",
    )
    response, body = await call("DELETE", "/v1/notes/a", principal="operator", actor="rina")
    assert (response.status, body) == (204, b"")


async def test_the_actor_is_signed_too(call, clock):
    call_as_rina = signing.Signable(
        "DELETE", "/v1/notes/a", int(clock.now().timestamp()), "rina", "k", b""
    )
    answer = await call(
        "DELETE", "/v1/notes/a", principal="operator", actor="budi", signed=call_as_rina
    )
    assert problem(answer) == (401, "unauthorized")
    assert replace(call_as_rina, actor="budi") != call_as_rina


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", (400, "malformed"), id="nothing"),
        pytest.param(b"{", (400, "malformed"), id="half a message"),
        pytest.param(b"\xff\xfe", (400, "malformed"), id="not text"),
        pytest.param(b"[]", (422, "invalid"), id="another shape"),
        pytest.param(b"{}", (422, "invalid"), id="a field is missing"),
        pytest.param(b'{"text":"a","x":1}', (422, "invalid"), id="a field too many"),
        pytest.param(b" " * 3000, (413, "request_entity_too_large"), id="large"),
    ],
)
async def test_bodies_that_cannot_be(call, body, expected):
    assert problem(await call("POST", "/v1/notes", body)) == expected


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200), ("?after=0", 200), ("?after=10", 200), ("?after=11", 422), ("?after=-1", 422),
        ("?after=x", 422), ("?after=", 422), ("?other=1", 422), ("?after=1&after=2", 422),
        ("?tag=a", 200), ("?tag=", 422), ("?tag=%0A", 422),
    ],
)  # fmt: skip
async def test_queries(call, query, status):
    response, _ = await call("GET", f"/v1/notes{query}")
    assert response.status == status


async def test_unknown_paths_and_methods_are_problems_too(call):
    assert problem(await call("GET", "/v1/nothing"))[0] == 404
    answer = await call("PATCH", "/v1/notes")
    assert problem(answer)[0] == 405
    assert set(answer[0].headers["Allow"].split(",")) == {"GET", "POST"}


async def test_a_crash_shows_nothing_of_the_inside(call):
    answer = await call("POST", "/v1/notes", b'{"text":"crash"}')
    assert problem(answer) == (500, "internal")
    assert b"rahasia" not in answer[1]
