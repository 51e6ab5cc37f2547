"""Telegram's published Bot API as a judge of our calls and a maker of updates."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

FILE = Path(__file__).parents[5] / "shared" / "data" / "telegram-bot-api.json"
needs_schema = pytest.mark.skipif(not FILE.exists(), reason="the vendor's schema is not here")
SIMPLE = {"String": str, "InputFile": str, "Integer": int, "Boolean": bool, "True": bool}
MORE = (6, 4, 2, 1)
"""How many optional fields a made object has at most, by its depth; deeper ones have none."""
CONSTANT = re.compile(r"(?:always|must be) [“\"]?(\w+)")
"""How the descriptions name the one value of a field that tells kinds apart."""
DATES = (0, 2**40, *[1772420400] * 30)
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
        fits = any(_fits(value, sub) for sub in kind["subtypes"])
        return [] if fits else [f"{name}: none of its kinds"]
    return _faults(value, kind.get("fields", []), name)


def _faults(value, fields, where):
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    wrong = [name for name, only in _constants(fields).items() if value.get(name) != only]
    if wrong:
        return [f"{where}: another {name}" for name in wrong]
    known = {field["name"]: field for field in fields}
    found = [f"{where}: unknown field {key}" for key in value if key not in known]
    for name, field in known.items():
        if name not in value:
            if field["required"]:
                found.append(f"{where}: no {name}")
        elif not any(_fits(value[name], kind) for kind in field["types"]):
            found.append(f"{where}.{name}: {value[name]!r:.80} is no {field['types']}")
    return found


def _constants(fields):
    found = {
        field["name"]: CONSTANT.search(field["description"])
        for field in fields
        if field["name"] in {"type", "status", "source"} and field["types"] == ["String"]
    }
    return {name: match[1] for name, match in found.items() if match}


def _fits(value, kind):
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(each, kind[9:]) for each in value)
    if kind.startswith("Float"):
        return isinstance(value, int | float)
    if kind in SIMPLE:
        return isinstance(value, SIMPLE[kind]) and (
            kind in {"Boolean", "True"} or not isinstance(value, bool)
        )
    return not faults_of(value, kind)


def made_update(random):
    """An update the schema allows, of any kind, as odd as `random` makes it."""
    optional = [f for f in schema()["types"]["Update"]["fields"] if not f["required"]]
    wanted = ("message", "edited_message", "callback_query", "my_chat_member")
    often = [field for field in optional if field["name"] in wanted]
    field = random.choice(often if random.random() < 0.8 else optional)
    value = _made(random, random.choice(field["types"]), 0)
    if field["types"] == ["Message"] and random.random() < 0.8:
        # What people mostly send: without a sender and a word, little is looked at.
        person = {"id": 123456789, "is_bot": random.random() < 0.1, "first_name": "B"}
        value |= {"from": person, "text": random.choice(WORDS)}
    return {"update_id": random.randrange(2**31), field["name"]: value}


def _made(random, kind, depth):
    if kind.startswith("Array of "):
        several = range(random.randrange(3) if depth < len(MORE) else 0)
        return [_made(random, kind[9:], depth + 1) for _ in several]
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
        return _made(random, random.choice(kind["subtypes"]), depth)
    fields = kind.get("fields", [])
    optional = [field for field in fields if not field["required"]]
    more = random.randrange(min(len(optional), MORE[depth]) + 1) if depth < len(MORE) else 0
    chosen = random.sample(optional, more) + [field for field in fields if field["required"]]
    made = {
        field["name"]: _made(random, random.choice(field["types"]), depth + 1) for field in chosen
    }
    dates = {key: random.choice(DATES) for key in made if key == "date" or key.endswith("_date")}
    made |= {key: when for key, when in dates.items() if isinstance(made[key], int)}
    if name == "Chat":
        made["type"] = random.choice(["private"] * 6 + ["group", "supergroup", "channel"])
    return made | _constants(fields)


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
