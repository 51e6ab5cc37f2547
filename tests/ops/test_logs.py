"""Logs carry what helps and nothing that harms."""

import json
import logging
import warnings

import pytest
import structlog

from ops.logs import configure_logging, correlated, correlation_id
from ops.settings import CommonSettings


@pytest.fixture
def lines(capsys):
    """Configure logging as a service does, and return what it wrote."""
    root = logging.getLogger()
    before = (structlog.get_config(), root.handlers[:], root.level)

    def configured(level="DEBUG", log_format="json"):
        settings = CommonSettings(_env_file=None, log_level=level, log_format=log_format)
        configure_logging(settings, "bot")

        def read():
            text = capsys.readouterr().err
            return (
                [json.loads(line) for line in text.splitlines()] if log_format == "json" else text
            )

        return read

    yield configured
    structlog.configure(**before[0])
    root.handlers[:], level = before[1], before[2]
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_a_line_says_what_where_and_when(lines):
    read = lines()
    with correlated("webhook-1234"):
        structlog.get_logger("x").info("message_stored", conversation="webchat:ab12", count=2)
    (line,) = read()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "message_stored",
        "level": "info",
        "service": "bot",
        "correlation_id": "webhook-1234",
        "conversation": "webchat:ab12",
        "count": 2,
    }


SECRETS = {
    "password": {"password": "Bandung#2024"},
    "new_password": {"new_password": "Bandung#2024"},
    "token": {"link_token": "abc"},
    "code": {"code": "12345678"},
    "text of a user": {"text": "sandi saya Bandung"},
    "login": {"login": "budi.santoso"},
    "authorization": {"authorization": "Bearer x"},
    "nested": {"request": {"headers": {"Cookie": "x", "n": 1}}},
    "inside a list": {"items": [{"grant": "abc"}, "ok"]},
    "bytes": {"note": b"kode: 12345678"},
    "an address in a sentence": {"note": "mail to budi@example.net failed"},
    "a number": {"note": "NIM 13519001 unknown"},
    "an employee number": {"note": "198503122010122001"},
    "credentials of an address": {"note": "smtp://user:Bandung@mail.example:25"},
    "a bearer": {"note": "Bearer abcDEF123.xyz"},
    "a password in a sentence": {"note": "password: Bandung#2024 was refused"},
    "in Indonesian": {"note": "kata sandi: Bandung#2024"},
    "a token in a sentence": {"note": "gone: dGhpcyBpcyBhIHRva2VuIG9mIDMyIGJ5dGVz1aA"},
    "parameters of a statement": {"note": "UPDATE x SET y=?\n[parameters: ('Bandung#2024',)]"},
    "a broken constraint": {"note": "unique\nDETAIL:  Key (login)=(budi) already exists."},
    "an exception as a value": {"error": ValueError("sandi: Bandung#2024")},
}
TELLING = (
    "Bandung",
    "12345678",
    "abc",
    "budi",
    "13519001",
    "198503122010122001",
    "dGhpcy",
    'Cookie": "x',
)


@pytest.mark.parametrize("values", SECRETS.values(), ids=SECRETS)
def test_what_must_not_be_in_a_log_is_not(lines, values):
    read = lines()
    structlog.get_logger("x").info("event", **values)
    (line,) = read()
    assert [secret for secret in TELLING if secret in json.dumps(line)] == []
    assert set(values) <= set(line)


HARMLESS = {
    "ticket": "ITB-2026-000123",
    "conversation": "webchat:3f7c9a1be24d5a6b7c8d9e0f",
    "reason": "too_many",
    "path": "/v1/tickets/{number}/cancel",
    "milliseconds": 1.5,
    "seq": 123456789,
    "nothing": None,
    "yes": True,
    "empty_token": "",
}


def test_what_helps_stays(lines):
    read = lines()
    structlog.get_logger("x").info("event", **HARMLESS)
    (line,) = read()
    assert {key: line[key] for key in HARMLESS} == HARMLESS


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_the_way_and_no_values(lines, log_format):
    read = lines(log_format=log_format)
    secret = "Bandung#2024"  # here, not in the line that a traceback quotes

    def fail(password):
        raise ValueError(f"password={password} [parameters: ('{password}',)]")

    try:
        fail(secret)
    except ValueError:
        structlog.get_logger("x").exception("turn_failed")
    written = str(read())
    assert "in fail" in written
    assert "ValueError" in written
    assert "Bandung" not in written


@pytest.mark.parametrize(
    ("level", "seen"), [("DEBUG", 4), ("INFO", 3), ("warning", 2), ("ERROR", 1)]
)
def test_the_level_is_ours(lines, level, seen):
    read = lines(level)
    log = structlog.get_logger("x")
    log.debug("d"), log.info("i"), log.warning("w"), log.error("e")
    assert len(read()) == seen


def test_libraries_are_heard_from_warning_up_and_cleaned(lines):
    read = lines("DEBUG")
    driver = logging.getLogger("aiosqlite")
    driver.debug("executing INSERT with %s", ("Bandung#2024",))
    driver.info("executing INSERT with %s", ("Bandung#2024",))
    driver.warning("cannot reach %s", "budi@example.net")
    (line,) = read()
    assert (line["event"], line["logger"]) == ("cannot reach [hidden]", "aiosqlite")
    assert (line["service"], line["level"]) == ("bot", "warning")


def test_warnings_are_logged(lines):
    read = lines()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    (line,) = read()
    assert "DeprecationWarning" in line["event"]


def test_a_level_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="'LOUD' is none of DEBUG"):
        configure_logging(CommonSettings(_env_file=None, log_level="LOUD"), "bot")


def test_auto_is_json_where_nobody_looks(lines):
    read = lines(log_format="auto")
    structlog.get_logger("x").info("event")
    assert json.loads(read())["event"] == "event"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", "a\nb-injected", "é" * 10])
def test_a_correlation_id_of_an_odd_shape_is_replaced(given):
    with correlated(given) as chosen:
        assert correlation_id() == chosen
        assert chosen != given
        assert len(chosen) == 16
    assert correlation_id() == ""


@pytest.mark.parametrize("given", ["a" * 8, "A.b_c-9" * 3, "x" * 64])
def test_a_correlation_id_is_taken_over(given):
    with correlated(given) as chosen, correlated() as inner:
        assert (chosen, correlation_id()) == (given, inner)
    assert correlation_id() == ""
