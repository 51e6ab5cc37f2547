"""Explanations, learning curves, engines by name, and the commands that show them."""

from __future__ import annotations

import json
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

import nlu.embedded
from helpdesk.commands.nlu import nlu as command
from nlu.embedded import EmbeddedEngine
from nlu.evaluate import TODAY
from nlu.model_file import BadModel, load, save
from nlu.rasa_data import Example
from nlu.report import curve
from nlu.report.engines import NoAnswer, open_engine
from nlu.report.explain import Rewriting, explain
from nlu.train import fit
from nlu.types import Intent, Language

SENTENCES = {
    Intent.RESET_PASSWORD: [
        "lupa password",
        "reset password",
        "ganti password",
        "password hilang",
    ],
    Intent.UNLOCK_ACCOUNT: ["akun terkunci", "buka kunci akun", "akun dikunci", "tolong unlock"],
    Intent.OUT_OF_SCOPE: ["cuaca besok", "resep soto", "harga emas", "jadwal film"],
}
EXAMPLES = [
    Example(text, intent, Language.ID) for intent, texts in SENTENCES.items() for text in texts
]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A state folder with a model of twelve sentences."""
    folder = tmp_path_factory.mktemp("state")
    save(fit(EXAMPLES)[0], folder / "nlu.model")
    return folder


@pytest.fixture
def run(state, monkeypatch):
    monkeypatch.setattr(nlu.embedded, "_fresh", load)
    monkeypatch.setenv("HELPDESK_STATE_DIR", str(state))
    monkeypatch.setattr("ops.logs.configure_logging", lambda *_: None)

    def invoke(*arguments):
        return CliRunner().invoke(command, [str(each) for each in arguments])

    return invoke


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "set.jsonl"
    rows = [("pw sy lupa", "reset_password"), ("resep soto", "greet"), ("akun dikunci", "affirm")]
    path.write_text("".join(json.dumps({"text": t, "intent": i}) + "\n" for t, i in rows))
    return path


def _explained(state, text):
    model = state / "nlu.model"
    return explain(load(model), EmbeddedEngine(model).understand(text, today=TODAY))


def test_words_are_weighed_against_the_runner_up(state):
    why = _explained(state, "pw sy lupa")

    assert why.canonical == ("password", "saya", "lupa")
    assert why.rewritten == (Rewriting("pw", "password"), Rewriting("sy", "saya"))
    assert why.winner is why.statistics is Intent.RESET_PASSWORD
    assert why.runner_up is not why.winner
    weights = {each.of: each.weight for each in why.words}
    assert weights["password"] > abs(weights["saya"])
    assert why.features[0].weight == max(abs(each.weight) for each in why.features)
    kinds = {each.kind for each in why.features}
    assert kinds <= {"words", "letters", "letters as written", "concept"}


def test_the_clauses_show_what_is_not_wanted(state):
    why = _explained(state, "jangan reset password, tolong buka kunci akun saja")

    assert [each.forbidden for each in why.clauses] == [True, False]
    assert why.clauses[1].intent is Intent.UNLOCK_ACCOUNT


def test_a_number_alone_is_decided_by_a_rule(run):
    said = run("parse", "13519001").output

    assert said.startswith("out_of_scope (0.00)")
    assert "read as: codemask" in said


def test_parse_shows_the_decision_and_its_reasons(run):
    said = run("parse", "pw sy lupa [x], jangan buka kunci akun. sandi saya Kucing-99!").output

    assert "reset_password" in said
    assert "language: " in said
    assert "taken out: pw sy lupa [x]" in said
    assert "pw → password" in said
    assert "not wanted" in said
    assert "Kucing" not in said


def test_parse_prints_all_of_it_as_json(run):
    found = json.loads(run("parse", "--json", "pw sy lupa").output)

    assert found["intent"] == found["explanation"]["winner"] == "reset_password"
    assert found["explanation"]["canonical"] == ["password", "saya", "lupa"]


def test_test_prints_figures_and_writes_the_report(run, state, file):
    ended = run("test", file)

    assert ended.exit_code == 0, ended.output
    assert "3 sentences" in ended.output
    assert "   1 affirm taken for unlock_account\n       akun dikunci" in ended.output
    assert ended.output.endswith(f"Report: {state / 'nlu-report.html'}\n")
    assert "Understanding of set.jsonl" in (state / "nlu-report.html").read_text()


def test_test_compares_with_another_model(run, file, tmp_path):
    model, html = tmp_path / "other.model", tmp_path / "report.html"
    turned = {Intent.OUT_OF_SCOPE: Intent.GREET, Intent.UNLOCK_ACCOUNT: Intent.AFFIRM}
    others = [Example(e.text, turned.get(e.intent, e.intent), e.language) for e in EXAMPLES]
    save(fit(others)[0], model)

    ended = run("test", file, "--compare", model, "--html", html)
    found = json.loads(run("test", file, "--compare", model, "--json").output)

    assert "there only: 2" in ended.output
    assert "Understood by" in html.read_text()
    assert found["lenient"] == pytest.approx(1 / 3)
    assert found["compared"]["there"] == 1.0
    assert [each["text"] for each in found["compared"]["broken"]] == ["resep soto", "akun dikunci"]


@pytest.mark.parametrize(
    ("content", "engine", "problem"),
    [
        ('{"text": "x", "intent": "nonsense"}', "embedded", "nonsense"),
        ("", "embedded", "no sentences"),
        ('{"text": "x", "intent": "greet"}', "missing.model", "missing.model"),
    ],
)
def test_what_cannot_be_tested_is_said(run, tmp_path, content, engine, problem):
    file = tmp_path / "set.jsonl"
    file.write_text(content)

    ended = run("test", file, "--engine", engine)

    assert ended.exit_code == 1
    assert problem in ended.output
    assert "Traceback" not in ended.output


async def test_a_rasa_server_that_does_not_answer_is_not_measured(state, monkeypatch):
    monkeypatch.setattr(nlu.embedded, "_fresh", load)
    answers = iter([{"intent": {"name": "greet", "confidence": 0.9}}, None])

    async def answer(_):
        found = next(answers)
        return web.json_response(found) if found else web.Response(status=500)

    app = web.Application()
    app.router.add_post("/model/parse", answer)
    async with TestServer(app) as server:
        engine = open_engine(f"rasa:{server.make_url('')}", state)
        first = await engine.parse("lupa password", today=TODAY)
        with pytest.raises(NoAnswer, match="Rasa"):
            await engine.parse("lupa password", today=TODAY)
        await engine.close()

    assert first.intent is Intent.GREET


def test_a_file_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(BadModel):
        open_engine(str(tmp_path / "none.model"), tmp_path)


def test_draws_grow_and_are_the_same_every_time():
    small, large = curve.drawn(EXAMPLES, 2, seed=1), curve.drawn(EXAMPLES, 3, seed=1)

    assert small == curve.drawn(EXAMPLES, 2, seed=1)
    assert len(small) == 6
    assert {each.text for each in small} < {each.text for each in large}
    assert small != curve.drawn(EXAMPLES, 2, seed=2)


def test_the_curve_ends_with_everything(monkeypatch, run, file, tmp_path):
    monkeypatch.setattr("nlu.rasa_data.read", lambda _: EXAMPLES)
    monkeypatch.setattr(curve, "steps", partial(curve.steps, sizes=(2,)))
    monkeypatch.setattr("helpdesk.commands.nlu._read", lambda _: EXAMPLES)

    ended = run("curve", file, "--seeds", 2, "--svg", tmp_path / "curve.svg")

    assert ended.exit_code == 0, ended.output
    assert [line.split()[:2] for line in ended.stdout.splitlines()[1:]] == [
        ["2", "6"],
        ["all", "12"],
    ]
    assert "<svg" in (tmp_path / "curve.svg").read_text()


def test_the_curve_as_numbers():
    step, everything = curve.steps(EXAMPLES, EXAMPLES, sizes=(2,), seeds=2)

    assert (step.name, everything.name) == ("2", "all")
    assert step.lenient.low <= step.lenient.mean <= step.lenient.high
    assert everything.lenient.mean == 1.0
