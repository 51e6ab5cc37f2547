"""Bring `uv` to a machine that has Python 3.11 and nothing else; print its path.

Standard library only. Tried in order: `uv` on the PATH, the copy kept in `.tools`, pip (the
machine's own, else pip's wheel run straight from the file, which needs no installed pip, no venv
module and no root).
"""

import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

UV = "uv==0.13.8"
ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
SECONDS = 120


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - people do run it with an older Python
        print("Python 3.11 or newer is needed.", file=sys.stderr)
        return 1
    print(shutil.which("uv") or kept() or install())
    return 0


def kept() -> str | None:
    path = TOOLS / "bin" / "uv"
    return str(path) if path.exists() else None


def install() -> str:
    target = ["install", "--quiet", "--target", str(TOOLS), "--upgrade", UV]
    probe = [sys.executable, "-m", "pip", "--version"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        with tempfile.TemporaryDirectory() as folder:
            wheel = download_pip(Path(folder))
            subprocess.run(
                [sys.executable, f"{wheel}/pip", *target], check=True, stdout=sys.stderr
            )
    else:
        subprocess.run([sys.executable, "-m", "pip", *target], check=True, stdout=sys.stderr)
    return kept() or sys.exit("uv was installed but is not where it should be")


class Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def index() -> str:
    """Return the package index: the one pip is told, else the one the lock file was made with."""
    locked = re.search(r'registry = "([^"]+)"', (ROOT / "uv.lock").read_text(encoding="utf-8"))
    return os.environ.get("PIP_INDEX_URL") or (locked[1] if locked else "")


def download_pip(folder: Path) -> Path:
    page_url = f"{index().rstrip('/')}/pip/"
    links = Links()
    with urllib.request.urlopen(page_url, timeout=SECONDS) as page:
        links.feed(page.read().decode())
    wheels = [link for link in links.found if "-py3-none-any.whl" in link.split("#")[0]]
    url = urllib.parse.urljoin(page_url, wheels[-1].split("#")[0])
    path = folder / url.rpartition("/")[2]
    with urllib.request.urlopen(url, timeout=SECONDS) as wheel:
        path.write_bytes(wheel.read())
    return path


if __name__ == "__main__":
    sys.exit(main())
