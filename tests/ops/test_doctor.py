"""What `helpdesk doctor` finds out about an installation as a whole."""

import os

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


# -- the folder of letters -----------------------------------------------------------------------
HERE, THERE = "127.0.0.1:8080", "0.0.0.0:8080"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "letters"


def made(folder, mode, within=None):
    folder.mkdir()
    folder.chmod(mode)
    if within is not None:
        (folder / "ab").mkdir()
        (folder / "ab").chmod(within)


async def found(tmp_path, bot=None, backend=None, bind=HERE):
    """Return what is found where `bot` and `backend` are where each is told the letters are."""
    own = {"_env_file": None, "state_dir": tmp_path}
    return await Examiner(
        BotSettings(**own, bind=bind, documents_dir=bot),
        BackendSettings(**own, documents_dir=backend),
    ).documents()


async def test_letters_on_ones_own_machine_need_nothing(tmp_path):
    finding = await found(tmp_path)
    assert (finding.state, str(tmp_path / "documents") in finding.detail) == ("ok", True)
    assert not (tmp_path / "documents").exists(), "the bot makes it, as its own user"
    made(tmp_path / "documents", 0o700, 0o700)
    assert (await found(tmp_path)).state == "ok"
    assert [path.name for path in (tmp_path / "documents").iterdir()] == ["ab"], "nothing is left"


async def test_the_backend_looks_where_the_bot_writes(tmp_path, folder):
    finding = await found(tmp_path, bot=folder)
    assert (finding.state, "HELPDESK_DOCUMENTS_DIR" in finding.advice) == ("fail", True)
    other = tmp_path / "other"
    assert (await found(tmp_path, bot=folder, backend=other)).state == "fail"
    folder.mkdir(0o700)
    other.symlink_to(folder)
    assert (await found(tmp_path, bot=folder, backend=other)).state == "ok"


@pytest.mark.parametrize(
    ("mode", "within", "state", "advice"),
    [
        (0o2770, None, "ok", ""),
        (0o2770, 0o2770, "ok", ""),
        (0o2770, 0o700, "fail", "chmod -R g=u"),
        (0o700, None, "warn", "install -d"),
        (0o770, None, "warn", "install -d"),
        (0o2750, None, "warn", "install -d"),
        (0o2777, None, "warn", "chmod o="),
        (0o2775, None, "warn", "chmod o="),
    ],
)
async def test_a_folder_for_several_users(tmp_path, folder, mode, within, state, advice):
    made(folder, mode, within)
    finding = await found(tmp_path, folder, folder, THERE)
    assert (finding.state, advice in finding.advice) == (state, True)


async def test_letters_of_another_group_are_found(tmp_path, folder):
    made(folder, 0o2770, 0o2770)
    if os.geteuid() == 0:
        os.chown(folder / "ab", -1, 65534)
    else:
        (folder / "ab").chmod(0o2700)
    finding = await found(tmp_path, folder, folder, THERE)
    assert (finding.state, "1 folders" in finding.detail) == ("fail", True)


async def test_a_folder_that_services_reached_from_elsewhere_share_is_named_and_there(
    tmp_path, folder
):
    unnamed = await found(tmp_path, bind=THERE)
    assert (unnamed.state, "HELPDESK_DOCUMENTS_DIR" in unnamed.advice) == ("warn", True)
    missing = await found(tmp_path, folder, folder, THERE)
    assert (missing.state, str(folder) in missing.advice) == ("warn", True)
    assert not folder.exists()


async def test_a_folder_nobody_can_write_to(tmp_path, folder):
    folder.write_bytes(b"")
    finding = await found(tmp_path, folder, folder)
    assert (finding.state, "install -d" in finding.advice) == ("fail", True)
