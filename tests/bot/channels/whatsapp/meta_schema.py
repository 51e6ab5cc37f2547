"""Meta's own OpenAPI of the Cloud API as a judge of what we send and of what we are sent.

As published it rejects everything (`additionalProperties: false` in parts of an `allOf`): that is
rewritten to what it means. It knows neither link buttons nor business-scoped ids: those are shown
to it as what they stand for.
"""

import copy
from functools import cache
from pathlib import Path

import jsonschema_rs
import yaml

FILE = Path(__file__).parents[5] / "shared/data/meta-business-messaging-v23.yaml"
SCHEMAS = {
    "text": "TextMessage",
    "interactive": "InteractiveMessage",
    "template": "TemplateMessage",
}
INBOUND = {"text": "TextMessage_2", "image": "ImageMessage_1", "document": "DocumentMessage_1"}
"""What comes in: the published references point at what goes out, which has the same names."""


@cache
def components():
    with FILE.open() as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    schemas = document["components"]["schemas"]
    _mend(schemas)
    schemas["BaseMessageProperties"].pop("additionalProperties", None)
    for name in INBOUND.values():
        for part in schemas[name]["allOf"]:
            if "$ref" in part:
                part["$ref"] += "_1"
    return {"schemas": schemas}


def _mend(node):
    if isinstance(node, dict):
        for part in node.get("allOf", []):
            if isinstance(part, dict) and part.get("additionalProperties") is False:
                del part["additionalProperties"]
                node["unevaluatedProperties"] = False
        for child in node.values():
            _mend(child)
    elif isinstance(node, list):
        for child in node:
            _mend(child)


@cache
def _validator(name):
    schema = {"$ref": f"#/components/schemas/{name}", "components": components()}
    return jsonschema_rs.Draft202012Validator(schema)


def objections(body):
    """Return what Meta's schema has against a request's body; nothing where it is not at hand."""
    return [*beyond_the_schema(body), *(_by_schema(body) if FILE.exists() else ())]


def _by_schema(body):
    if "status" in body:
        return [str(e.message) for e in _validator("MarkMessageRequestPayload").iter_errors(body)]
    shown = copy.deepcopy(body)
    if "recipient" in shown:
        shown["to"] = shown.pop("recipient")
    if shown.get("interactive", {}).get("type") == "cta_url":
        # Shown as a text: the schema has no link buttons.
        words = {"body": shown.pop("interactive")["body"]["text"]}
        shown.update(type="text", text=words)
    return [str(error.message) for error in _validator(SCHEMAS[shown["type"]]).iter_errors(shown)]


def webhook_objections(value):
    """Return what the schema has against a webhook's value: its messages by their type."""
    if "statuses" in value:
        return [
            str(error.message) for error in _validator("StatusMessageValue").iter_errors(value)
        ]
    found = []
    for message in value["messages"]:
        name = INBOUND[message["type"]]
        found += [str(error.message) for error in _validator(name).iter_errors(message)]
    bare = {**value, "messages": []}
    return found + [
        str(error.message) for error in _validator("IncomingMessageValueGeneral").iter_errors(bare)
    ]


def beyond_the_schema(body):
    """Yield breaches of what the documentation says and the schema does not."""
    if "text" in body and not 1 <= len(body["text"]["body"]) <= 4096:
        yield "a text has 1 to 4096 characters"
    if "interactive" in body:
        interactive = body["interactive"]
        if not 1 <= len(interactive["body"]["text"]) <= 1024:
            yield "a text with buttons has 1 to 1024 characters"
        yield from _of_action(interactive.get("action", {}))


def _of_action(action):
    replies = [button["reply"] for button in action.get("buttons", [])]
    rows = [row for section in action.get("sections", []) for row in section["rows"]]
    link = action.get("parameters", {"display_text": "x", "url": "https://x.example"})
    ids = [item["id"] for item in (*replies, *rows)]
    titles = [reply["title"] for reply in replies]
    rules = {
        "ids are unique": len(set(ids)) == len(ids),
        "titles are unique": len(set(titles)) == len(titles),
        "an id has no blanks at its ends": all(id_ == id_.strip() for id_ in ids),
        "an id is short": all(len(id_) <= (200 if rows else 256) for id_ in ids),
        "a title has 20 characters": all(1 <= len(title) <= 20 for title in titles),
        "a row's title has 24": all(1 <= len(row["title"]) <= 24 for row in rows),
        "a description has 72": all(len(row.get("description", "")) <= 72 for row in rows),
        "a list has ten rows": len(rows) <= 10,
        "a link is one": link["url"].startswith(("https://", "http://")),
        "a link's title has 20 characters": 1 <= len(link["display_text"]) <= 20,
    }
    return [rule for rule, kept in rules.items() if not kept]
