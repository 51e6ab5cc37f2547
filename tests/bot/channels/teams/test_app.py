"""The app package that an administrator uploads."""

import json
import re
import struct
import zipfile
import zlib
from io import BytesIO

import pytest
from fake_microsoft import APP
from teams_kit import settings

from deploy import teams_app

ADDRESS = "https://bantuan.kampus.example"


@pytest.fixture
def package():
    made = teams_app.package(settings(public_url=ADDRESS), "UPT TIK", "https://x.example/privasi")
    with zipfile.ZipFile(BytesIO(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_what_teams_asks_for(package):
    assert sorted(package) == ["color.png", "en.json", "manifest.json", "outline.png"]


def test_the_manifest_is_about_our_bot(package):
    manifest = json.loads(package["manifest.json"])
    assert (manifest["id"], manifest["bots"][0]["botId"]) == (APP, APP)
    assert manifest["validDomains"] == ["bantuan.kampus.example"]
    assert manifest["developer"] == {
        "name": "UPT TIK",
        "websiteUrl": ADDRESS,
        "privacyUrl": "https://x.example/privasi",
        "termsOfUseUrl": ADDRESS,
    }
    assert manifest["bots"][0]["scopes"] == ["personal"], "accounts are spoken of in private"
    assert manifest["bots"][0]["supportsFiles"], "else Teams keeps files from us"
    assert "$" not in json.dumps({k: v for k, v in manifest.items() if k != "$schema"})


def test_the_translation_has_every_text_of_the_manifest(package):
    manifest, english = json.loads(package["manifest.json"]), json.loads(package["en.json"])
    commands = manifest["bots"][0]["commandLists"][0]["commands"]
    wanted = {f"{field}.{size}" for field in ("name", "description") for size in ("short", "full")}
    wanted |= {
        f"bots[0].commandLists[0].commands[{number}].{field}"
        for number in range(len(commands))
        for field in ("title", "description")
    }
    assert set(english) == {"$schema", *wanted}


@pytest.mark.parametrize(("name", "side"), [("color.png", 192), ("outline.png", 32)])
def test_the_icons(package, name, side):
    image = package[name]
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colours = struct.unpack(">IIBB", image[16:26])
    assert (width, height, depth, colours) == (side, side, 8, 6)
    chunks = re.search(rb"IDAT(.*)....\x00\x00\x00\x00IEND", image, re.DOTALL)
    pixels = zlib.decompress(chunks[1])
    rows = [pixels[start + 1 :][: side * 4] for start in range(0, len(pixels), side * 4 + 1)]
    alphas = {row[place] for row in rows for place in range(3, side * 4, 4)}
    if name == "outline.png":
        others = {bytes(row[p : p + 3]) for row in rows for p in range(0, side * 4, 4)}
        assert others == {b"\xff\xff\xff"}, "white, and nothing else"
        assert {0, 255} <= alphas
    else:
        assert alphas == {255}


def test_the_same_settings_give_the_same_package():
    chosen = settings(public_url=ADDRESS)
    assert teams_app.package(chosen, "x") == teams_app.package(chosen, "x")


def test_it_is_written_where_the_data_is(tmp_path, monkeypatch, capsys):
    for name, value in {
        "STATE_DIR": str(tmp_path),
        "TEAMS_APP_ID": APP,
        "PUBLIC_URL": ADDRESS,
    }.items():
        monkeypatch.setenv(f"HELPDESK_{name}", value)
    assert teams_app.main([]) == 0
    assert zipfile.is_zipfile(tmp_path / "teams-app.zip")
    assert "teams-app.zip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"TEAMS_APP_ID": "", "PUBLIC_URL": ADDRESS}, "HELPDESK_TEAMS_APP_ID"),
        ({"TEAMS_APP_ID": APP, "PUBLIC_URL": "http://x.example"}, "HELPDESK_PUBLIC_URL"),
    ],
)
def test_it_says_what_is_missing(tmp_path, monkeypatch, capsys, values, advice):
    for name, value in {"STATE_DIR": str(tmp_path), **values}.items():
        monkeypatch.setenv(f"HELPDESK_{name}", value)
    assert teams_app.main([]) == 1
    assert advice in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
