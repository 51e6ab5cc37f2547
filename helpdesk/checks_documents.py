"""What `helpdesk doctor` looks at in the folder of letters: the bot writes, the backend deletes.

Whoever runs the doctor may be neither of them, so what matters is also read off the modes.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from helpdesk.findings import Finding, fail, ok, warn
from ops.documents import Documents

if TYPE_CHECKING:
    from pathlib import Path

    from backend.settings import BackendSettings
    from bot.settings import BotSettings

WHAT: Final = "documents"
ONE_FOLDER: Final = "Set HELPDESK_DOCUMENTS_DIR to one folder for both: "
GROUP: Final = "`install -d -o BOT-USER -g GROUP -m 2770 {}`, with bot, backend and agents in it."
_SHARED: Final = stat.S_ISGID | stat.S_IRWXG
_EVERYBODY: Final = stat.S_IRWXO


def examine(bot: BotSettings, backend: BackendSettings) -> Finding:
    """Can the bot put letters there, and the backend read and delete them?"""
    folder, other = bot.documents, backend.documents
    if folder.resolve() != other.resolve():
        detail = f"the bot writes to {folder}, the backend looks in {other}"
        return fail(WHAT, detail, ONE_FOLDER + GROUP.format(folder))
    if not bot.is_development and bot.documents_dir is None:
        detail = f"{folder}, where a backend with a state folder of its own does not look"
        return warn(WHAT, detail, ONE_FOLDER + GROUP.format("FOLDER"))
    if not folder.exists():
        if bot.is_development:
            return ok(WHAT, f"{folder}, made when the first letter comes")
        return warn(WHAT, f"{folder} is not there yet", f"Make it: {GROUP.format(folder)}")
    try:
        with Documents(folder).incoming() as file:
            file.write(b"")
        return _modes(folder, shared=not bot.is_development)
    except OSError as error:
        advice = "Run this as a member of the folder's group, or: "
        return fail(WHAT, f"{folder}: {error.strerror}", advice + GROUP.format(folder))


def _modes(folder: Path, *, shared: bool) -> Finding:
    own = folder.stat()
    if own.st_mode & _EVERYBODY:
        return warn(WHAT, f"{folder} is open to every user", f"Run `chmod o= {folder}`.")
    if shared and own.st_mode & _SHARED != _SHARED:
        detail = f"{folder} is for its owner alone, or new letters in it are"
        return warn(WHAT, detail, f"Unless one user runs it all: {GROUP.format(folder)}")
    within = [each.stat() for each in folder.glob("[0-9a-f][0-9a-f]")]
    bits = stat.S_IRWXU | stat.S_IRWXG
    odd = sum(
        (each.st_mode ^ own.st_mode) & bits != 0 or each.st_gid != own.st_gid for each in within
    )
    if odd:
        advice = f"Run `chgrp -R --reference={folder} {folder}` and `chmod -R g=u,o= {folder}`."
        return fail(WHAT, f"{odd} folders in {folder} are for others than it is", advice)
    return ok(WHAT, f"{folder} can be written and emptied")
