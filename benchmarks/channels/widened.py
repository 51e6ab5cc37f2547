"""`helpdesk bot` as it ships, but for two things.

The platforms' limits are a thousand times as wide, else they would be what is measured; and
Microsoft's login is at TEAMS_LOGIN.
"""

import os

import bot.main
from bot.channels.pace import Limit, Pace
from bot.channels.teams import TeamsChannel
from bot.channels.teams_api import Login
from helpdesk.cli import main

as_shipped = Pace.__init__


def widened(self, overall, chat):
    as_shipped(self, wider(overall), wider(chat))


def wider(limits):
    return [Limit(limit.messages * 1000, limit.seconds) for limit in limits]


def teams(runtime, settings):
    return TeamsChannel(runtime, settings, login=Login(settings, os.environ["TEAMS_LOGIN"]))


if __name__ == "__main__":
    Pace.__init__ = widened
    bot.main.TeamsChannel = teams
    main()
