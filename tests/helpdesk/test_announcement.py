"""What `helpdesk up` says, and when."""

import http.server
import os
import threading

import pytest

from helpdesk import announcement


class Ready(http.server.BaseHTTPRequestHandler):
    """Answers with the statuses of its server, one after the other; the last one stays."""

    def do_GET(self):
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.end_headers()

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Serve both services' readiness; return the statuses each will answer with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "nice", lambda _increment: 0)
    monkeypatch.setenv("HELPDESK_STATE_DIR", str(tmp_path))
    running = []
    for name in ("HELPDESK_BIND", "HELPDESK_BACKEND_BIND"):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ready)
        server.statuses = [200]
        monkeypatch.setenv(name, f"127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
    yield [server.statuses for server in running]
    for server in running:
        server.shutdown()
        server.server_close()


def test_addresses_and_accounts_are_told_when_both_are_ready(serve, capsys):
    bot, backend = serve
    bot[:] = [503, 200]
    backend[:] = [503, 503, 200]
    assert announcement.announce() == 0
    assert bot == backend == [200]
    said = capsys.readouterr().out
    assert "/dev/mail" in said
    assert "budi.santoso" in said
    assert "First start" not in said


def test_a_first_start_is_explained_once(serve, capsys, monkeypatch):
    bot, _ = serve
    bot[:] = [503, 503, 503, 200]
    monkeypatch.setattr(announcement, "USUAL", 0.0)
    assert announcement.announce() == 0
    assert capsys.readouterr().out.count("First start") == 1


def test_a_start_that_does_not_end_is_given_up(serve, capsys, monkeypatch):
    serve[0][:] = [503]
    monkeypatch.setattr(announcement, "READY_WITHIN", 0.0)
    assert announcement.announce() == 1
    assert "helpdesk doctor" in capsys.readouterr().err


def test_services_that_do_not_listen_yet_are_waited_for(serve, capsys, monkeypatch):
    monkeypatch.setenv("HELPDESK_BIND", "127.0.0.1:1")
    monkeypatch.setattr(announcement, "READY_WITHIN", 0.0)
    assert announcement.announce() == 1
    assert "Ready after" not in capsys.readouterr().out
