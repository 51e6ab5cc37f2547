"""A real Rasa in a Python 3.10 of its own: found, installed, trained, started, stopped.

Everything is kept below `var/rasa`, and what is there already is not made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RASA = "rasa==3.6.21"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")
PATIENCE = 1800
"""Seconds the server may take to load its model: half a minute, on an idle machine."""
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
NO_PYTHON = """\
Rasa 3.6 runs on Python 3.10 at the latest, and none that works was found
(on the PATH as python3.10, below {pyenv}, below {uv}).
Install one, then run `make rasa-baseline` again:
  pyenv install 3.10          or
  uv python install 3.10      or
  your distribution's packages python3.10 and python3.10-venv\
"""


class NotPossible(Exception):
    """The baseline cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Trained:
    """A model, and what it took. CPU and memory are of the training process."""

    path: str
    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    start_s: float
    process: psutil.Process

    def memory_mb(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family) / 1e6

    def cpu_s(self) -> float:
        spent = self.process.cpu_times()
        return spent.user + spent.system


def find_python() -> Path:
    """Return a Python 3.10 that can make environments. Raises NotPossible."""
    home = Path(os.environ.get("HOME", "/"))
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = home / ".local" / "share" / "uv" / "python"
    on_path = shutil.which("python3.10")
    for candidate in (
        *([Path(on_path)] if on_path else []),
        *sorted(pyenv.glob("3.10*/bin/python3.10")),
        *sorted(uv.glob("cpython-3.10*/bin/python3.10")),
    ):
        # A name on the PATH may be pyenv's shim, which fails when no 3.10 is chosen.
        probe = "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 10))"
        if subprocess.run([candidate, "-c", probe], capture_output=True, check=False).returncode:
            continue
        return candidate
    raise NotPossible(NO_PYTHON.format(pyenv=pyenv, uv=uv))


def wanted() -> str:
    """Return a digest of what is to be installed."""
    return hashlib.sha256(RASA.encode() + CONSTRAINTS.read_bytes()).hexdigest()


class Rasa:
    """The installation below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = folder / "venv"
        self._bin = self._environment / "bin"

    def install(self) -> None:
        """Install, unless the same is there. Raises NotPossible."""
        mark = self._environment / "installed"
        if mark.exists() and mark.read_text(encoding="utf-8") == wanted():
            return
        python = find_python()
        print(f"installing {RASA} with {python} (3 GB on disk, some minutes)", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", self._environment], check=True)
        pip = [self._bin / "pip", "install", "--disable-pip-version-check"]
        done = subprocess.run([*pip, RASA, "-c", CONSTRAINTS], check=False)
        if done.returncode:
            raise NotPossible("pip could not install Rasa; its last lines say why.")
        mark.write_text(wanted(), encoding="utf-8")

    def versions(self) -> str:
        """Return the versions that matter, for the page."""
        code = (
            "import platform; from importlib.metadata import version as v;"
            'print(f\'Rasa {v("rasa")}, TensorFlow {v("tensorflow")}, '
            "Python {platform.python_version()}')"
        )
        done = subprocess.run(
            [self._bin / "python", "-c", code], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def _run(self, arguments: Sequence[str | Path], **options: object) -> int:
        command = [self._bin / "rasa", *arguments]
        environment = os.environ | QUIET
        return subprocess.run(
            command, cwd=self._folder, env=environment, check=False, **options
        ).returncode

    def train(self, data: Path, domain: Path, config: Path) -> Trained:
        """Validate and train; a model of the same files is taken as it is. Raises NotPossible."""
        folder = self._folder / "models" / _key(data, domain, config)
        record = folder / "trained.json"
        if record.exists():
            print(f"trained before: {folder.name}", flush=True)
            return Trained(**json.loads(record.read_text(encoding="utf-8")))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # Copies: the files may change during the hours of a training, and Rasa writes into some.
        shutil.copytree(data, folder / "data")
        shutil.copy(domain, folder / "domain.yml")
        shutil.copy(config, folder / "config.yml")
        files = ["--domain", folder / "domain.yml", "--config", folder / "config.yml"]
        with (folder / "validation.log").open("wb") as log:
            told = {"stdout": log, "stderr": log}
            if self._run(["data", "validate", "--data", folder / "data", *files], **told):
                raise NotPossible(f"Rasa refuses the data: see {log.name}")
        print("rasa data validate: accepted; training", flush=True)
        shutil.rmtree(self._folder / ".rasa", ignore_errors=True)  # its cache: time is measured
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        # Not --quiet, which would hide the epochs: it takes half an hour and more.
        out = ["--out", folder, "--fixed-model-name", "nlu"]
        if self._run(["train", "nlu", "--nlu", folder / "data", *files, *out]):
            raise NotPossible("Rasa could not train; the lines above say why.")
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        trained = Trained(
            str(folder / "nlu.tar.gz"),
            wall_s=time.perf_counter() - started,
            cpu_s=spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime,
            peak_mb=spent.ru_maxrss / 1e3,
        )
        record.write_text(json.dumps(asdict(trained)), encoding="utf-8")
        return trained

    @contextmanager
    def serve(self, trained: Trained) -> Iterator[Server]:
        """Run the server on loopback. Raises NotPossible."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        command = [self._bin / "rasa", "run", "--enable-api", "--interface", "127.0.0.1"]
        command += ["--port", str(port), "--model", trained.path, "--quiet"]
        started = time.perf_counter()
        with (
            (self._folder / "server.log").open("wb") as log,
            subprocess.Popen(
                command, cwd=self._folder, env=os.environ | QUIET, stdout=log, stderr=log
            ) as process,
        ):
            try:
                url = f"http://127.0.0.1:{port}"
                _wait(f"{url}/status", process)
                taken = time.perf_counter() - started
                yield Server(url, taken, psutil.Process(process.pid))
            finally:
                process.terminate()


def _key(data: Path, domain: Path, config: Path) -> str:
    seen = hashlib.sha256(RASA.encode())
    for path in (*sorted(data.glob("*.yml")), domain, config):
        seen.update(path.name.encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:16]


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise NotPossible("The Rasa server did not start: see var/rasa/server.log")


def stop_with(problem: NotPossible) -> int:
    """Print what to do, and return the exit code."""
    print(problem, file=sys.stderr)
    return 2
