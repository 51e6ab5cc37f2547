"""`helpdesk nlu review` at the keyboard, and by files, on both databases."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from review_kit import noted as noted_on

from backend_client import wire
from bot.store.review import Noted, note
from helpdesk import review_list
from helpdesk.commands import nlu_review
from nlu.rasa_data import read
from nlu.types import Intent, Language, Understanding
from ops.clock import SystemClock

DAY = SystemClock().now().date()
"""Today: commands forget what is too old."""

HEAD = 'version: "3.1"\n\nnlu:\n- intent: {}\n  metadata:\n    language: id\n  examples: |\n'
FILES = {
    "reset_password.id.yml": HEAD.format("reset_password")
    + "    - lupa pw\n    - reset akun [13519001](student_number)\n",
    "check_account.id.yml": HEAD.format("check_account") + "    - cek akun\n",
    "out_of_scope_campus.id.yml": HEAD.format("out_of_scope") + "    - kantin buka jam berapa\n",
}


def noted(text="mau ke kasir", **fields):
    return noted_on(text, day=DAY, **fields)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def listed(migrated_url, monkeypatch, tmp_path):
    """Fill the list of the database that commands will open."""
    monkeypatch.setenv("HELPDESK_DATABASE_URL", migrated_url)
    monkeypatch.setenv("HELPDESK_STATE_DIR", str(tmp_path))

    def fill(*rows: Noted) -> None:
        review_list.with_list(lambda connection: note(connection, rows))

    return fill


def run(*arguments, keys=""):
    result = CliRunner().invoke(nlu_review.review, [*map(str, arguments)], input=keys)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def labels(url_of_environment=None):
    def work(connection):
        rows = connection.exec_driver_sql("SELECT text, label FROM review ORDER BY id").all()
        return [tuple(row) for row in rows]

    return review_list.with_list(work)


def last(folder, name):
    return (folder / f"{name}.yml").read_text().splitlines()[-1]


@pytest.mark.parametrize(
    ("keys", "file", "label"),
    [
        ("\n", "check_account.id", "check_account"),
        ("2", "reset_password.id", "reset_password"),
        ("iunlock_account\n", "unlock_account.id", "unlock_account"),
        ("o1\n", "out_of_scope_campus.id", "out_of_scope_campus"),
        ("l1", "check_account.en", "check_account"),
        ("x9sq", None, None),
    ],
)
def test_a_key_labels_the_message(listed, data, keys, file, label):
    listed(noted())
    said = run("--data", data, keys=keys)
    assert said.exit_code == 0, said.output
    assert "mau ke kasir" in said.output
    if file is None:
        assert "0 sentences written" in said.output
        assert labels() == [("mau ke kasir", None)]
    else:
        assert last(data, file) == "    - mau ke kasir"
        assert labels() == [("", label)]
        assert "helpdesk nlu train" in said.output
        assert len(read(data)) == len(FILES) + 2


def test_what_the_person_chose_is_suggested(listed, data):
    listed(noted(happened="corrected", chosen="reset_password"))
    run("--data", data, keys="\n")
    assert last(data, "reset_password.id") == "    - mau ke kasir"


def test_masks_become_marked_demo_data_and_the_text_can_be_edited(listed, data):
    listed(noted("lupa pw [student_number] tlg", mark="1"), noted("pw lupa kak", mark="2"))
    said = run("--data", data, keys="2elupa pw kak\n2q")
    lines = (data / "reset_password.id.yml").read_text().splitlines()
    assert lines[-2:] == ["    - lupa pw [13519001](student_number) tlg", "    - lupa pw kak"]
    assert "2 sentences written" in said.output


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("akun joko.anwar terkunci", "joko.anwar: not demo data"),
        ("nim saya 18220099", "18220099: not demo data"),
        ("pw saya Kucing#123", "password"),
        ("lupa [rahasia]", "no mask"),
        ("cek akun", "stands there as check_account"),
    ],
)
def test_what_may_not_be_trained_on_stays_on_the_list(listed, data, text, why):
    listed(noted(text))
    before = {file.name: file.read_text() for file in data.iterdir()}
    said = run("--data", data, keys="2q")
    assert why in said.output
    assert labels() == [(text, None)]
    assert {file.name: file.read_text() for file in data.iterdir()} == before


def test_a_sentence_that_stands_there_is_labelled_and_not_written_twice(listed, data):
    listed(noted("Lupa PW!"))
    assert "stands there already" in run("--data", data, keys="2").output
    assert labels() == [("", "reset_password")]
    assert (data / "reset_password.id.yml").read_text() == FILES["reset_password.id.yml"]


def test_dropping_and_quitting(listed, data):
    listed(noted("satu dua", mark="1"), noted("tiga empat", mark="2"), noted("lima", mark="3"))
    run("--data", data, keys="dsq")
    assert labels() == [("", "dropped"), ("tiga empat", None), ("lima", None)]


def test_a_full_disk_changes_nothing(listed, data, monkeypatch):
    listed(noted())

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("helpdesk.sentences.os.fsync", full)
    result = CliRunner().invoke(nlu_review.review, ["--data", str(data)], input="2")
    assert isinstance(result.exception, OSError)
    assert sorted(file.name for file in data.iterdir()) == sorted(FILES)
    assert labels() == [("mau ke kasir", None)]


def test_json_and_the_way_there_and_back(listed, data, tmp_path):
    listed(noted(mark="1"), noted("nim saya 18220099", mark="2"), noted("buang", mark="3"))
    rows = json.loads(run("--json").output)
    assert rows[0] == {
        "id": rows[0]["id"],
        "text": "mau ke kasir",
        "language": "id",
        "guess": "check_account",
        "confidence": 0.31,
        "ranking": [["check_account", 0.31], ["reset_password", 0.24]],
        "happened": "misunderstood",
        "chosen": None,
        "times": 1,
        "last_day": DAY.isoformat(),
    }
    file = tmp_path / "list.jsonl"
    run("--export", file)
    exported = [json.loads(line) for line in file.read_text().splitlines()]
    assert exported == rows
    answers = zip(exported, ("reset_password", "reset_password", "dropped"), strict=True)
    lines = [json.dumps({**row, "label": label}) for row, label in answers]
    file.write_text("\n".join([*lines, "", "{broken", '{"id": 1}']))
    said = run("--import", file, "--data", data)
    assert (said.exit_code, "3 lines were not taken" in said.output) == (1, True)
    assert labels() == [("", "reset_password"), ("nim saya 18220099", None), ("", "dropped")]
    assert last(data, "reset_password.id") == "    - mau ke kasir"
    file.write_text(lines[0])
    assert "labelled by somebody else" in run("--import", file, "--data", data).output


def test_everything_can_be_deleted(listed):
    listed(noted())
    assert "1 messages deleted" in run("--clear").output
    assert labels() == []
    assert "HELPDESK_NLU_REVIEW is off" in run().output


def test_an_installed_package_asks_for_a_folder(listed, monkeypatch, tmp_path):
    listed(noted())
    monkeypatch.setattr(nlu_review, "DATA", tmp_path / "site-packages" / "nlu" / "data")
    said = run()
    assert (said.exit_code, "--data" in said.output) == (1, True)


def test_a_folder_that_holds_something_else(listed, data):
    listed(noted())
    (data / "broken.yml").write_text("nlu: [")
    said = run("--data", data)
    assert (said.exit_code, "broken.yml" in said.output) == (1, True)


@pytest.mark.parametrize("made", [False, True])
def test_without_a_database_it_says_so(monkeypatch, tmp_path, made):
    file = tmp_path / "bot.db"
    if made:
        file.touch()
    monkeypatch.setenv("HELPDESK_DATABASE_URL", f"sqlite:///{file}")
    said = run("--json")
    assert (said.exit_code, "bot" in said.output) == (1, True)
    assert file.exists() is made


# -- an agent says what it was -------------------------------------------------------------------
class _Engine:
    def understand(self, text, *, today):
        return Understanding(text, Intent.GREET, 0.4, language=Language.ID, secret="#" in text)


@pytest.fixture
def ticket(monkeypatch):
    """A ticket of two lines a person wrote, and one of the bot's."""
    line = wire.TranscriptLine
    ticket = type("Ticket", (), {})()
    ticket.handoff = (
        line("user", "kasir mana", DAY),
        line("bot", "Maaf?", DAY),
        line("user", "pw Kucing#123", DAY),
    )
    monkeypatch.setattr(nlu_review, "ask", lambda _work, _agent: ticket)
    monkeypatch.setattr("nlu.embedded.load_or_train", lambda _folder: _Engine())
    return ticket


def relabel(*arguments, keys=""):
    return CliRunner().invoke(nlu_review.relabel, ["ITB-2026-000001", *arguments], input=keys)


@pytest.mark.parametrize(("arguments", "keys"), [(("--line", "1"), ""), ((), "1\n")])
def test_an_agent_puts_a_line_on_the_list(listed, ticket, monkeypatch, arguments, keys):
    monkeypatch.setenv("HELPDESK_NLU_REVIEW", "true")
    said = relabel("help", *arguments, keys=keys)
    assert "On the list: kasir mana" in said.output
    (row,) = json.loads(run("--json").output)
    assert (row["happened"], row["chosen"], row["guess"]) == ("relabelled", "help", "greet")


@pytest.mark.parametrize(
    ("consent", "line", "why"),
    [("false", "1", "is off"), ("true", "2", "cannot be kept"), ("true", "3", "no such line")],
)
def test_what_an_agent_cannot_put_on_the_list(listed, ticket, monkeypatch, consent, line, why):
    monkeypatch.setenv("HELPDESK_NLU_REVIEW", consent)
    said = relabel("help", "--line", line)
    assert (said.exit_code, why in said.output) == (1, True)
    assert json.loads(run("--json").output) == []


def test_the_products_own_sentences_are_the_default():
    assert nlu_review._sentences(None).rings
    assert Path(nlu_review.DATA).is_dir()
