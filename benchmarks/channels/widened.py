"""`helpdesk bot` as it ships, but for two things.

The platforms' limits are a thousand times as wide, else they would be what is measured; and
Microsoft's login is at TEAMS_LOGIN.
"""

import os

from bot.channels import teams
from bot.channels.pace import Limit, Pace
from bot.channels.teams_api import Login
from helpdesk.cli import main

as_shipped = Pace.__init__
TeamsChannel = teams.TeamsChannel


def widened(self, overall, chat):
    as_shipped(self, wider(overall), wider(chat))


def wider(limits):
    return [Limit(limit.messages * 1000, limit.seconds) for limit in limits]


def signed_in_here(runtime, settings):
    return TeamsChannel(runtime, settings, login=Login(settings, os.environ["TEAMS_LOGIN"]))


if __name__ == "__main__":
    Pace.__init__ = widened
    teams.TeamsChannel = signed_in_here
    main()
