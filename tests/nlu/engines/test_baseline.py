"""`make rasa-baseline`, as far as it goes without a Rasa: finding Python, reading answers."""

import os
import subprocess
import sys
from pathlib import Path

import environment
import pytest
from diet import Diet

from nlu.evaluate import TODAY
from nlu.types import Intent

RUN = Path(__file__).resolve().parents[3] / "benchmarks" / "rasa"


def python(folder, version):
    """Make a program that answers like a Python of this version."""
    folder.mkdir(parents=True)
    program = folder / "python3.10"
    program.write_text(f"#!/bin/sh\nexit {0 if version == '3.10' else 1}\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """A machine without any Python 3.10."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    return tmp_path


def test_without_python_3_10_it_says_what_to_install(nothing):
    done = subprocess.run(
        [sys.executable, RUN / "run.py", "--folder", nothing / "rasa"],
        env={**os.environ, "PATH": str(nothing)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pyenv install 3.10" in done.stderr
    assert "python3.10-venv" in done.stderr


@pytest.mark.parametrize(
    "place",
    ["bin", ".pyenv/versions/3.10.13/bin", ".local/share/uv/python/cpython-3.10.9-linux/bin"],
)
def test_python_3_10_is_found(nothing, place):
    program = python(nothing / place, "3.10")
    assert environment.find_python() == program


def test_a_shim_that_does_not_work_is_passed_over(nothing):
    python(nothing / "bin", "broken")
    program = python(nothing / ".pyenv/versions/3.10.13/bin", "3.10")
    assert environment.find_python() == program


def test_what_is_installed_is_not_installed_again(nothing):
    with pytest.raises(environment.NotPossible):
        environment.Rasa(nothing).install()
    (nothing / "venv").mkdir()
    (nothing / "venv" / "installed").write_text(environment.wanted())
    environment.Rasa(nothing).install()


@pytest.mark.parametrize(
    ("text", "fallback", "intent"),
    [
        ("lupa password", True, Intent.RESET_PASSWORD),
        ("hm", True, Intent.OUT_OF_SCOPE),
        ("hm", False, Intent.CHECK_ACCOUNT),
    ],
)
async def test_rasa_is_measured_as_it_answers(rasa, text, fallback, intent):
    diet = Diet(rasa.url, fallback=fallback)
    meaning = await diet.parse(text, today=TODAY)
    await diet.close()

    assert meaning.intent is intent
    assert rasa.received == [text]
