"""What `helpdesk doctor` finds out about an installation as a whole."""

import pytest

from backend.settings import BackendSettings
from bot.settings import BotSettings
from helpdesk.examination import Examiner


@pytest.mark.parametrize(
    ("bind", "separate", "state"),
    [
        ("127.0.0.1:8080", False, "ok"),
        ("0.0.0.0:8080", False, "warn"),
        ("0.0.0.0:8080", True, "ok"),
    ],
)
async def test_services_that_are_reachable_do_not_share_their_keys(
    tmp_path, bind, separate, state
):
    bot = BotSettings(_env_file=None, bind=bind, state_dir=tmp_path)
    own = tmp_path / "backend" if separate else tmp_path
    finding = await Examiner(bot, BackendSettings(_env_file=None, state_dir=own)).state_folder()
    assert finding.state == state
    assert ("HELPDESK_STATE_DIR" in finding.advice) == (state == "warn")
