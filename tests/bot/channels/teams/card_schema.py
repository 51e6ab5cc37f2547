"""The part of Adaptive Cards 1.5 that we use, and nothing beside it.

No package carries the published schema; Microsoft's own parser (npm `adaptivecards`) is asked in
`test_vendor.py`.
"""

import jsonschema_rs

TEXT = {"type": "string", "minLength": 1}


def _exactly(required, **optional):
    """An object with these fields and no other."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": [*required],
        "additionalProperties": False,
    }


RUN = _exactly({"type": {"const": "TextRun"}, "text": TEXT}, weight={"const": "Bolder"})
LINE = _exactly(
    {"type": {"const": "RichTextBlock"}, "inlines": {"type": "array", "items": RUN, "minItems": 1}}
)
SUBMIT = _exactly(
    {
        "type": {"const": "Action.Submit"},
        "title": TEXT,
        "data": _exactly({"press": {"type": "string", "minLength": 1, "maxLength": 200}}),
    }
)
OPEN = _exactly(
    {
        "type": {"const": "Action.OpenUrl"},
        "title": TEXT,
        "url": {"type": "string", "pattern": "^https?://"},
    }
)
ROW = _exactly(
    {
        "type": {"const": "ActionSet"},
        "actions": {"type": "array", "items": {"oneOf": [SUBMIT, OPEN]}, "minItems": 1},
    }
)
CARD = _exactly(
    {
        "type": {"const": "AdaptiveCard"},
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "version": {"const": "1.5"},
        "body": {"type": "array", "items": {"oneOf": [LINE, ROW]}, "minItems": 1},
    }
)
SAID = _exactly(
    {
        "type": {"const": "message"},
        "textFormat": {"const": "markdown"},
        "text": {"type": "string", "minLength": 1},
    }
)
SHOWN = _exactly(
    {
        "type": {"const": "message"},
        "summary": {"type": "string", "minLength": 1, "maxLength": 200},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": _exactly(
                {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "content": CARD,
                }
            ),
        },
    }
)
ACTIVITY = jsonschema_rs.validator_for({"oneOf": [SAID, SHOWN]})
