"""Keys the embedded default makes for itself."""

import stat
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from pydantic import SecretStr

from ops.keys import key, load_or_make_key


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = load_or_make_key(tmp_path, "bot")
    assert load_or_make_key(tmp_path, "bot") == first
    assert len(first) >= 43
    path = tmp_path / "keys" / "bot"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_names_have_two_keys(tmp_path):
    assert load_or_make_key(tmp_path, "bot") != load_or_make_key(tmp_path, "operator")


def test_processes_that_start_at_once_agree(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        keys = set(pool.map(partial(load_or_make_key, tmp_path), ["bot"] * 16))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["bot"]


def test_a_given_key_wins_over_a_kept_one(tmp_path):
    assert key(SecretStr("given"), tmp_path, "bot") == "given"
    assert key(None, tmp_path, "bot") == load_or_make_key(tmp_path, "bot")
