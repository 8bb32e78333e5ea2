"""A reverse proxy that makes things go wrong between a client and Slack or a Kubernetes API server, by rule.

It passes on HTTP, streams (watches, followed logs) and WebSockets (Socket Mode), and loses, delays, repeats,
resets, answers or cuts what its rules name. It imports nothing from the rest of the bot. Made for tests and
for rehearsals:

    rules = Rules()
    async with serve("http://127.0.0.1:8001", rules=rules) as proxy:
        with rules.applied(Rule(match=Match(verb=Verb.LIST, resource="pods"), action=Reset(), times=2)):
            ...  # the client of `proxy.url` sees two lists of pods end with a connection reset
        assert rules.log.count(action="reset") == 2
"""

from bot.playground.faults.actions import (
    Action,
    Answer,
    Cut,
    Delay,
    Drop,
    Duplicate,
    Ending,
    Reset,
    Side,
)
from bot.playground.faults.control import serve_control
from bot.playground.faults.log import FaultLog, Injected
from bot.playground.faults.proxy import Proxy, serve
from bot.playground.faults.requests import Direction, Match, Verb
from bot.playground.faults.rules import Applied, Rule, Rules
from bot.playground.faults.rules_file import RulesFile, RulesWrong, load, parse

__all__ = [
    "Action",
    "Answer",
    "Applied",
    "Cut",
    "Delay",
    "Direction",
    "Drop",
    "Duplicate",
    "Ending",
    "FaultLog",
    "Injected",
    "Match",
    "Proxy",
    "Reset",
    "Rule",
    "Rules",
    "RulesFile",
    "RulesWrong",
    "Side",
    "Verb",
    "load",
    "parse",
    "serve",
    "serve_control",
]
