"""The dialogs about incidents: silence it otherwise, change a silence, close what still fails. Pure.

What a dialog is about travels in it, so that any replica can go on; what was entered becomes a typed command.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import TypeAlias

import msgspec

from bot.commands.incident_arguments import lasting
from bot.errors import PodbotError
from bot.model.commands import LONGEST_REASON
from bot.model.incident_commands import (
    CreateSilence,
    EditSilence,
    IncidentCommand,
    ResolveIncident,
    SilenceIncident,
)
from bot.model.incidents import Incident, IncidentId, Scope, SilenceId
from bot.model.messages import Line, Message, Moment, Paragraph, Text, bold, plain
from bot.model.silences import Silence, SilenceScope
from bot.slack.blocks import render
from bot.slack.drawing import Json
from bot.slack.place import Place

CALLBACK = "incident"
"""Of all of them: what each is about says its metadata."""

WHAT, LASTING, REASON = "what", "lasting", "reason"
"""The blocks, each with one input."""

_HINT = "45m, 2h, 3d: from a minute to 7 days."
_TOLD = "It is told in the incident's thread."
_TOLD_WIDER = "It is told in the incident's thread; in the channel, where more than the incident is silenced."


class Reach(Enum):
    """How much is to be silent."""

    INCIDENT = "incident"
    WORKLOAD = "workload"
    NAMESPACE = "namespace"


class PendingSilence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="silence"):
    """A silence that is being asked for."""

    place: Place
    incident: IncidentId
    namespace: str = ""
    owner: str = ""
    """Of an incident of one workload; else nothing wider than the incident can be silenced from it."""


class PendingEdit(msgspec.Struct, frozen=True, kw_only=True, tag="edit"):
    """A silence that is being changed."""

    place: Place
    silence: SilenceId
    reason: str = ""
    """As it is; what is left so is no change."""


class PendingResolve(msgspec.Struct, frozen=True, kw_only=True, tag="resolve"):
    """An incident that is being closed although it still fails."""

    place: Place
    incident: IncidentId


Pending: TypeAlias = PendingSilence | PendingEdit | PendingResolve


class Mistaken(PodbotError):
    """What was entered is not right: what is wrong, by block."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__(str(mistakes))
        self.mistakes = mistakes


def silence_dialog(incident: Incident, place: Place) -> Json:
    """How much, for how long, and why."""
    key = incident.key
    one_workload = key.scope is Scope.WORKLOAD
    pending = PendingSilence(
        place=place,
        incident=incident.id,
        namespace=key.namespace if one_workload else "",
        owner=str(key.owner) if one_workload else "",
    )
    this = f"{key.cause.value} of {key.owner}" if one_workload else f"this incident, {incident.id}"
    reaches = [(Reach.INCIDENT, this)]
    if one_workload:
        reaches += [
            (Reach.WORKLOAD, f"{key.owner}: all that fires now"),
            (Reach.NAMESPACE, f"namespace {key.namespace}: all that fires now"),
        ]
    options = [_option(reach.value, words) for reach, words in reaches]
    radio = {"type": "radio_buttons", "options": options, "initial_option": options[0]}
    return _dialog(
        pending,
        title="Silence",
        submit="Silence",
        blocks=[
            _input(WHAT, "What", radio),
            _input(
                LASTING,
                "For how long",
                {"type": "plain_text_input", "max_length": 20, "placeholder": _plain("2h")},
                optional=True,
                hint=f"{_HINT} Left empty: until the incident is over, and no longer than 7 days.",
            ),
            _reason(optional=True, told=_TOLD if not one_workload else _TOLD_WIDER),
        ],
    )


def edit_dialog(silence: Silence, place: Place) -> Json:
    """Another end, another reason."""
    ends: Line = (
        bold(silence.covered),
        Text(" is silent until "),
        Moment(silence.until, with_date=True),
    )
    return _dialog(
        PendingEdit(place=place, silence=silence.id, reason=silence.reason[:LONGEST_REASON]),
        title="Change silence",
        submit="Change",
        blocks=[
            *_lines(ends),
            _input(
                LASTING,
                "From now on, for how long",
                {"type": "plain_text_input", "max_length": 20, "placeholder": _plain("2h")},
                optional=True,
                hint=f"{_HINT} Left empty: its end stays as it is.",
            ),
            _reason(optional=True, initial=silence.reason, told="It is told with the silence."),
        ],
    )


def resolve_dialog(identity: IncidentId, failing: str, place: Place) -> Json:
    """`failing` says how it is: `2 of 5 Ready`; empty where that is not known."""
    how = f"Still failing: {failing}." if failing else "It is still failing, as far as podbot can tell."
    return _dialog(
        PendingResolve(place=place, incident=identity),
        title="Resolve incident",
        submit="Resolve anyway",
        blocks=[
            *_lines(
                (bold(how),),
                plain("Left open, it closes by itself when all is well. Closed, nobody is called any more."),
            ),
            _reason(optional=False),
        ],
    )


def read_pending(private_metadata: str) -> Pending:
    """What the dialog was about; raises `msgspec.MsgspecError` for what no dialog of this version carries."""
    pending: Pending = msgspec.json.decode(private_metadata, type=Pending)
    return pending


def command(pending: Pending, values: Mapping[str, str]) -> IncidentCommand:
    """What was asked for. Raises `Mistaken`."""
    reason = " ".join(values.get(REASON, "").split())
    match pending:
        case PendingSilence():
            return _silence(pending, values, reason)
        case PendingEdit():
            duration = _lasting(values)
            if duration is None and reason in {"", " ".join(pending.reason.split())}:
                raise Mistaken({LASTING: "Nothing is changed: say for how long, or give another reason."})
            return EditSilence(silence=pending.silence, lasting=duration, reason=reason)
        case PendingResolve():
            if not reason:
                raise Mistaken({REASON: "Say why, for those who read it later."})
            return ResolveIncident(incident=pending.incident, reason=reason, force=True)


def _silence(
    pending: PendingSilence, values: Mapping[str, str], reason: str
) -> SilenceIncident | CreateSilence:
    duration = _lasting(values)
    reach = Reach(values.get(WHAT) or Reach.INCIDENT.value)
    if reach is Reach.INCIDENT or not pending.namespace:
        return SilenceIncident(
            incident=pending.incident, lasting=duration, until_resolved=duration is None, reason=reason
        )
    if duration is None:
        raise Mistaken({LASTING: "Say for how long: only the incident itself has an end to wait for."})
    owner = pending.owner if reach is Reach.WORKLOAD else ""
    return CreateSilence(
        scope=SilenceScope(namespace=pending.namespace, owner=owner), lasting=duration, reason=reason
    )


def _lasting(values: Mapping[str, str]) -> timedelta | None:
    text = values.get(LASTING, "").strip()
    if not text:
        return None
    try:
        return lasting(text.replace(" ", "").lower())
    except ValueError as error:
        words = str(error)
        raise Mistaken({LASTING: f"{words[:1].upper()}{words[1:]}."}) from error


def _reason(*, optional: bool, initial: str = "", told: str = _TOLD) -> Json:
    element: Json = {"type": "plain_text_input", "max_length": LONGEST_REASON}
    if initial:
        element["initial_value"] = initial[:LONGEST_REASON]
    return _input(REASON, "Reason", element, optional=optional, hint=told)


def _input(block: str, label: str, element: Json, *, optional: bool = False, hint: str = "") -> Json:
    drawn: Json = {
        "type": "input",
        "block_id": block,
        "label": _plain(label),
        "element": {"action_id": block, **element},
    }
    if optional:
        drawn["optional"] = True
    return drawn | ({"hint": _plain(hint)} if hint else {})


def _option(value: str, words: str) -> Json:
    return {"text": _plain(words[:75]), "value": value}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _lines(*lines: Line) -> list[Json]:
    return list(render(Message(text="", blocks=(Paragraph(lines),))).blocks)


def _dialog(pending: Pending, *, title: str, submit: str, blocks: list[Json]) -> Json:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": msgspec.json.encode(pending).decode(),
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }
