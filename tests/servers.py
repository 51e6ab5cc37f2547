"""Real servers for tests: PostgreSQL from Debian's package, on a free port, in a temp folder."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

INSTALL_HINT = "not found; `make test` installs it (Debian package `postgresql`)"


def postgres_bin() -> Path:
    """Return the folder of the newest installed PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise RuntimeError(f"PostgreSQL {INSTALL_HINT}")
    return found[-1].parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Postgres:
    """A throwaway PostgreSQL server with fsync on, as crash tests need it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
        self.port = free_port()
        self._bin = postgres_bin()
        # The server refuses to run as root: use the user the Debian package made.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def _run(self, program: str, *args: str) -> None:
        subprocess.run(
            [*self._as, str(self._bin / program), *args],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def start(self) -> None:
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "helpdesk", "-A", "trust", "-E", "UTF8", "-N")
        settings = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c max_connections=200"
        self._options = settings
        self._run(
            "pg_ctl",
            "-D",
            str(data),
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            settings,
            "start",
        )

    def crash_and_restart(self) -> None:
        """Stop without a checkpoint, as a power failure would, and start again."""
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self._run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        self._run("pg_ctl", "-D", data, "-w", "-l", log, "-o", self._options, "start")

    def url(self, database: str) -> str:
        return f"postgresql://helpdesk@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        self._run(
            "psql",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "helpdesk",
            "-d",
            database,
            "-c",
            statement,
        )

    def stop(self) -> None:
        data = self.folder / "data"
        if (data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
