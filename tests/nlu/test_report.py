"""The report is one file that needs nothing else, can be read by everyone, and hides nothing."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from nlu.rasa_data import Annotation, Example
from nlu.report import charts
from nlu.report.measures import Bin, Point
from nlu.report.page import Measured, page
from nlu.report.results import Outcome
from nlu.types import EntityKind, Intent, Language, Ranked, Understanding

HOSTILE = "<b onclick=x>tebal</b> & <script>"
MARK = (Annotation(EntityKind.COUNT, 0, 1),)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def _outcome(text, expected, got, sureness=0.8, entities=()):
    outside = Ranked(Intent.OUT_OF_SCOPE, sureness if got is Intent.OUT_OF_SCOPE else 0.1)
    return Outcome(
        Example(text, expected, Language.ID, entities, tags=("noisy",), source=f"from {HOSTILE}"),
        Understanding(text, got, sureness, (Ranked(got, sureness), outside)),
        wall_ms=0.5,
        cpu_ms=0.25,
    )


def _tested(name, *, better=0):
    asked = [
        _outcome("lupa password", Intent.RESET_PASSWORD, Intent.RESET_PASSWORD, 0.95),
        _outcome("akun terkunci", Intent.UNLOCK_ACCOUNT, Intent.UNLOCK_ACCOUNT, 0.65),
        _outcome(HOSTILE, Intent.GREET, Intent.THANK, 0.35),
        _outcome("cuaca besok", Intent.OUT_OF_SCOPE, Intent.OUT_OF_SCOPE, 0.7),
        _outcome("5 akun tamu", Intent.REQUEST_GUEST_ACCOUNT, Intent.HELP, 0.4, MARK),
    ]
    spare = _outcome("halo", Intent.GREET, Intent.GREET if better else Intent.HELP, 0.55)
    return Measured(name, [*asked * 3, *[spare] * 3])


@pytest.fixture(params=["alone", "compared"])
def html(request):
    other = _tested("a <model>", better=1) if request.param == "compared" else None
    return page("set.jsonl", _tested("embedded"), other)


def test_sentences_are_shown_and_cannot_do_anything(html):
    assert "<script" not in html
    assert "&lt;b onclick=x&gt;tebal&lt;/b&gt; &amp; &lt;script&gt;" in html
    assert "greet taken for thank: 3" in html
    assert "request_guest_account taken for help: 3" in html


def test_a_comparison_names_both_and_what_changed():
    html = page("set.jsonl", _tested("embedded"), _tested("a <model>", better=1))

    assert "Understood by a &lt;model&gt; only: 3" in html
    assert "-16.7 points" in html
    assert "greet: help here, greet there" in html


def test_nothing_is_fetched_from_anywhere(html):
    found = re.findall(r"""(?:src|href|url|@import|action)\b\s*[=(]""", html)
    assert found == []
    assert set(re.findall(r"https?://[^\"'\s<]+", html)) == {"http://www.w3.org/2000/svg"}


def test_without_sentences_out_of_scope_there_is_no_roc():
    html = page("set.jsonl", Measured("one", _tested("x").outcomes[:2]))

    assert 'id="roc"' not in html
    assert 'id="entities"' not in html
    assert 'id="slices"' not in html


@pytest.mark.browser
@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 360)], ids=["light", "dark, phone"]
)
async def test_a_browser_finds_nothing_wrong(scheme, width, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page("set.jsonl", _tested("embedded"), _tested("a <model>", better=1)))
    asked, said = [], []
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        tab = await context.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        await tab.goto(file.as_uri())
        overflow = await tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        results = await Axe().run(tab)
        await browser.close()

    violations = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in results.response["violations"]
    ]
    assert violations == []
    assert (overflow, asked, said) == (0, [file.as_uri()], [])


def _drawn(svg):
    """Return what stands in a plot as text, and its shapes."""
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    name = "{http://www.w3.org/2000/svg}"
    return [each.text for each in root.iter(f"{name}text")], list(root.iter(f"{name}rect"))


def test_bars_are_as_long_as_their_values():
    words, bars = _drawn(charts.bars("F1", [("a<b", 1.0, 3), ("c", 0.5, 4)], {"c": 0.25}))

    assert words == ["a<b", "1.00  n=3", "c", "0.50  n=4"]
    full, half, mark = (float(each.get("width")) for each in bars)
    assert half == pytest.approx(full / 2)
    assert mark == 4.0


def test_the_matrix_counts_in_the_right_cells():
    counts = {("a", "a"): 3, ("a", "b"): 1}
    words, _ = _drawn(charts.matrix("m", ["a", "b"], counts))

    assert words == ["a", "a", "3", "1", "b", "b"]


def test_the_histogram_keeps_the_slow_ones_in_its_last_bar():
    _, bars = _drawn(charts.histogram("ms", [0.1, 0.2, 50.0], upto=2.4))
    heights = [float(each.get("height")) for each in bars]

    assert [at for at, high in enumerate(heights) if high] == [1, 2, 23]


def test_lines_end_where_their_values_are():
    svg = charts.curve("c", ["5", "all"], {"one": [(0.5, 0.4, 0.6), (0.9, 0.9, 0.9)]})
    assert "all" in _drawn(svg)[0]
    assert svg.count("<polygon") == 1

    points = (Point(0.0, 0.0), Point(0.0, 1.0), Point(1.0, 1.0))
    assert "M52.0 290.0L52.0 12.0L396.0 12.0" in charts.roc("r", points)
    assert charts.reliability("r", [Bin(1, 0.5, 1.0)], [Bin(1, 0.5, 0.5)]).count("<circle") == 2
