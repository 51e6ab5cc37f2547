"""Telegram's published Bot API as a judge of our calls and a maker of updates."""

import json
from functools import cache
from pathlib import Path

import pytest

FILE = Path(__file__).parents[5] / "shared" / "data" / "telegram-bot-api.json"
needs_schema = pytest.mark.skipif(not FILE.exists(), reason="the vendor's schema is not here")
SIMPLE = {"String": str, "InputFile": str, "Integer": int, "Boolean": bool, "True": bool}
NESTED = 4
"""How deep a made object goes before only what is required is filled in."""
CONSTANTS = {
    "ChatMemberOwner": "creator",
    "ChatMemberAdministrator": "administrator",
    "ChatMemberMember": "member",
    "ChatMemberRestricted": "restricted",
    "ChatMemberLeft": "left",
    "ChatMemberBanned": "kicked",
}
WORDS = (
    "halo",
    "lupa password, NIM saya 13519001",
    "/start reset_password",
    "/cancel@campus_help_bot",
    "@campus_help_bot tolong",
    "password saya Bandung#2024",
    "\u202e\x00😀" * 20,
    "",
    "private",
    "group",
    "kicked",
    "/choose:3:yes",
    "x" * 5000,
)


@cache
def schema():
    return json.loads(FILE.read_text())


def faults_of_call(method, parameters):
    """What the vendor's schema finds wrong with a call."""
    if method not in schema()["methods"]:
        return [f"no method {method}"]
    return _faults(parameters, schema()["methods"][method].get("fields", []), method)


def faults_of(value, name):
    """What the vendor's schema finds wrong with an object of the type `name`."""
    kind = schema()["types"][name]
    if "subtypes" in kind and not kind.get("fields"):
        tries = [faults_of(value, sub) for sub in kind["subtypes"]]
        return [] if [] in tries else [f"{name}: none of its kinds"]
    return _faults(value, kind.get("fields", []), name)


def _faults(value, fields, where):
    known = {field["name"]: field for field in fields}
    found = [f"{where}: unknown field {key}" for key in value if key not in known]
    for name, field in known.items():
        if name not in value:
            if field["required"]:
                found.append(f"{where}: no {name}")
        elif not any(_fits(value[name], kind) for kind in field["types"]):
            found.append(f"{where}.{name}: {value[name]!r:.80} is no {field['types']}")
    return found


def _fits(value, kind):
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(each, kind[9:]) for each in value)
    if kind.startswith("Float"):
        return isinstance(value, int | float)
    if kind in SIMPLE:
        return isinstance(value, SIMPLE[kind]) and (
            kind in {"Boolean", "True"} or not isinstance(value, bool)
        )
    return isinstance(value, dict) and not faults_of(value, kind)


def made_update(random):
    """An update the schema allows, of any kind, as odd as `random` makes it."""
    optional = [f for f in schema()["types"]["Update"]["fields"] if not f["required"]]
    wanted = ("message", "edited_message", "callback_query", "my_chat_member")
    often = [field for field in optional if field["name"] in wanted]
    field = random.choice(often if random.random() < 0.8 else optional)
    value = _made(random, random.choice(field["types"]), 0)
    return {"update_id": random.randrange(2**31), field["name"]: value}


def _made(random, kind, depth):
    if kind.startswith("Array of "):
        return [_made(random, kind[9:], depth + 1) for _ in range(random.randrange(1, 3))]
    if kind.startswith("Float"):
        return random.choice([0, -1.5, 1e300])
    if kind == "Integer":
        return random.choice([0, 1, 123456789, -1001234567890, 2**52, 1772420400])
    if kind in {"Boolean", "True"}:
        return True if kind == "True" else random.random() < 0.5
    if kind in {"String", "InputFile"}:
        return random.choice(WORDS)
    return _made_object(random, kind, depth)


def _made_object(random, name, depth):
    kind = schema()["types"][name]
    if "subtypes" in kind and not kind.get("fields"):
        return _made_object(random, random.choice(kind["subtypes"]), depth)
    made = {}
    for field in kind.get("fields", []):
        chance = 0.25 if depth < 2 else 0.05
        if field["required"] or (depth < NESTED and random.random() < chance):
            made[field["name"]] = _made(random, random.choice(field["types"]), depth + 1)
    if name == "Chat":
        made["type"] = random.choice(["private", "private", "group", "supergroup", "channel"])
    if name in CONSTANTS:
        made["status"] = CONSTANTS[name]
    return made


def mutated(random, value):
    """`value` with something in it gone, doubled, or of another kind."""
    if random.random() < 0.15 or not isinstance(value, dict | list) or not value:
        odd = [None, True, -1, 2**70, 1.5, "", "\u0000", "é" * 300, [], {}, [[[]]], {"id": "x"}]
        return random.choice(odd)
    if isinstance(value, list):
        place = random.randrange(len(value))
        return [*value[:place], mutated(random, value[place]), *value[place + 1 :]]
    name = random.choice(sorted(value))
    if random.random() < 0.25:
        return {key: each for key, each in value.items() if key != name}
    return {**value, name: mutated(random, value[name])}
