"""What people type about incidents and silences, and how they are helped where it is not quite that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.grammar import Misunderstood, parse
from bot.model.commands import Command
from bot.model.incident_commands import (
    AcknowledgeIncident,
    Among,
    CreateSilence,
    EditSilence,
    EndSilence,
    ExportForm,
    ExportIncident,
    ListIncidents,
    ListSilences,
    ResolveIncident,
    RoutePod,
    ShowIncident,
    ShowRestarts,
    ShowStats,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import IncidentId, SilenceId
from bot.model.silences import SilenceScope

ID, SILENCE = IncidentId("1F3K"), SilenceId("S1F3K")
HOUR = timedelta(hours=1)

COMMANDS: dict[str, Command] = {
    "ack 1F3K": AcknowledgeIncident(incident=ID),
    "acknowledge 1f3k": AcknowledgeIncident(incident=ID),
    "ack lf3k --for 2h": AcknowledgeIncident(incident=ID, lasting=2 * HOUR),
    "unack 1F3K": UnacknowledgeIncident(incident=ID),
    "release 1F3K": UnacknowledgeIncident(incident=ID),
    "silence 1F3K": SilenceIncident(incident=ID),
    "silence 1F3K --for 1h": SilenceIncident(incident=ID, lasting=HOUR),
    "silence 1F3K --until-resolved --reason 'a fix'": SilenceIncident(
        incident=ID, until_resolved=True, reason="a fix"
    ),
    "silence s1f3k --for 1h": EditSilence(silence=SILENCE, lasting=HOUR),
    "silence S1F3K --reason tests": EditSilence(silence=SILENCE, reason="tests"),
    "silence deploy/web -n shop --for 1h --reason 'load  test'": CreateSilence(
        scope=SilenceScope(namespace="shop", owner="deployment/web"), lasting=HOUR, reason="load test"
    ),
    "silence deploy/web-* --for 1h": CreateSilence(
        scope=SilenceScope(namespace="default", owner="deployment/web-*"), lasting=HOUR
    ),
    "silence cj/backup --for 1h": CreateSilence(
        scope=SilenceScope(namespace="default", owner="cronjob/backup"), lasting=HOUR
    ),
    "silence -n shop --cause oomkilled --for 1h": CreateSilence(
        scope=SilenceScope(namespace="shop", cause="OOMKilled"), lasting=HOUR
    ),
    "mute -n 'shop-*' --for 1h": CreateSilence(scope=SilenceScope(namespace="shop-*"), lasting=HOUR),
    "silence --cause ImagePull -A --for 1h": CreateSilence(
        scope=SilenceScope(cause="ImagePull"), lasting=HOUR
    ),
    "silence -A --for 1h": CreateSilence(scope=SilenceScope(), lasting=HOUR),
    "silence web-7d4b9c-x2x9q --for 1h": CreateSilence(
        scope=SilenceScope(namespace="default", pod="web-7d4b9c-x2x9q"), lasting=HOUR
    ),
    "silence pod/1f3k --for 1h": CreateSilence(
        scope=SilenceScope(namespace="default", pod="1f3k"), lasting=HOUR
    ),
    "silences": ListSilences(),
    "unsilence S1F3K": EndSilence(silence=SILENCE),
    "unmute 1F3K": EndSilence(silence=SilenceId("1F3K")),
    "resolve 1F3K": ResolveIncident(incident=ID),
    "close 1F3K --force --reason gone": ResolveIncident(incident=ID, reason="gone", force=True),
    "incidents": ListIncidents(),
    "incidents -n shop": ListIncidents(namespace="shop"),
    "incidents deploy/web": ListIncidents(owner="deployment/web"),
    "incidents web --recent": ListIncidents(owner="web", among=Among.RECENT),
    "incidents --since 24h": ListIncidents(among=Among.RECENT, since=24 * HOUR),
    "incident 1F3K": ShowIncident(incident=ID),
    "incident 0123ABC": ShowIncident(incident=IncidentId("0123ABC")),
    "incident 1F3K --export md": ExportIncident(incident=ID),
    "incident 1F3K --export=json": ExportIncident(incident=ID, form=ExportForm.JSON),
    "export 1F3K": ExportIncident(incident=ID),
    "export 1F3K -o json": ExportIncident(incident=ID, form=ExportForm.JSON),
    "stats": ShowStats(),
    "stats -n shop --since 7d": ShowStats(namespace="shop", since=7 * 24 * HOUR),
    "route web-1 -n shop": RoutePod(namespace="shop", pod="web-1"),
    "restarts 1F3K": ShowRestarts(incident=ID),
}

REFUSALS = {
    "ack": "needs the id of an incident",
    "ack web": "`web` is no id",
    "ack web-1": "`web-1` is no id",
    "ack 1F3K 2F3K": "takes one id at a time",
    "ack 1F3K --for": "`--for` needs DURATION",
    "ack 1F3K --for 8d": "the longest is 7 days",
    "ack 1F3K --for 5s": "the shortest is 1 min",
    "silence": "What is to be silent?",
    "silence --for 1h": "What is to be silent?",
    "silence deploy/web": "For how long?",
    "silence svc/web --for 1h": "`svc/web` is no workload",
    "silence deploy/web --until-resolved": "goes with an incident's id",
    "silence 1F3K --for 1h --until-resolved": "not both",
    "silence 1F3K -n shop": "is the id of one",
    "silence S1F3K": "What is to become of silence",
    "silence -n shop --cause OOMKiled --for 1h": "Did you mean `OOMKilled`?",
    "silence Web --for 1h": "cannot be a pod's name",
    "silence web api --for 1h": "one workload or pod at a time",
    "silences all": "takes no words",
    "unsilence web": "`web` is no id",
    "resolve 1F3K --force": "takes a reason",
    "incidents web api": "one workload at a time",
    "incident 1F3K --export yaml": "takes `markdown` or `json`",
    "stats shop": "takes no words",
    "route": "needs a pod's name",
    "incidnt 1F3K": "Did you mean `incident`?",
    "ack 1F3K --fro 2h": "has no flag `--fro`. Did you mean `--for`?",
}


@pytest.mark.parametrize("text", COMMANDS)
def test_it_is_understood(text: str) -> None:
    """The words, and the ways in which they are shortened or mistyped."""
    assert parse(text, default_namespace="default") == COMMANDS[text]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_says_how_to_go_on(text: str) -> None:
    """Nothing is guessed where a guess would silence or close the wrong thing."""
    with pytest.raises(Misunderstood, match=REFUSALS[text].replace("?", r"\?").replace("`", "`")):
        parse(text, default_namespace="default")
