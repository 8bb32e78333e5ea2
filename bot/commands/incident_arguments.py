"""The arguments of the verbs about incidents and silences: read into commands, and spelled out again.

An incident's id has 4 signs of Crockford's base 32 (7 where it was made while the store was away), a
silence's is an S and 4 signs; capitals do not count, and letters that look like digits are read as these.
"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.commands import flags, names, silence_scopes, values
from bot.commands.flags import Arguments, Flag
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, shown
from bot.model import durations
from bot.model.commands import LONGEST_REASON
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
from bot.model.pods import ALL_NAMESPACES
from bot.model.silences import LONGEST

ACK_FLAGS = (flags.LASTING,)
SILENCE_FLAGS = (
    flags.LASTING,
    flags.UNTIL_RESOLVED,
    flags.CAUSE,
    flags.NAMESPACE,
    flags.ALL_NAMESPACES,
    flags.REASON,
)
RESOLVE_FLAGS = (flags.REASON, flags.CLOSE_ANYWAY)
LIST_FLAGS = (flags.NAMESPACE, flags.ALL_NAMESPACES, flags.RECENT, flags.SINCE)
SHOW_FLAGS = (flags.EXPORT,)
EXPORT_FLAGS = (flags.EXPORT_FORM,)
STATS_FLAGS = (flags.NAMESPACE, flags.ALL_NAMESPACES, flags.SINCE)
ROUTE_FLAGS = (flags.NAMESPACE,)

_LOOK_ALIKE = str.maketrans("oOiIlL", "001111")
_INCIDENT = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:[0-9A-HJKMNP-TV-Z]{3})?", re.ASCII)
_SILENCE = re.compile(r"S[0-9A-HJKMNP-TV-Z]{4}", re.ASCII)


def build_ack(args: Arguments, _default_namespace: str) -> AcknowledgeIncident:
    """`ack ID`, `ack ID --for 2h`."""
    return AcknowledgeIncident(incident=_incident(args, "ack"), lasting=_lasting(args, "ack"))


def build_unack(args: Arguments, _default_namespace: str) -> UnacknowledgeIncident:
    """`unack ID`."""
    return UnacknowledgeIncident(incident=_incident(args, "unack"))


def build_silence(args: Arguments, default_namespace: str) -> SilenceIncident | EditSilence | CreateSilence:
    """`silence ID`, `silence deploy/web -n shop --for 1h`, `silence -n shop --cause OOMKilled --for 2h`."""
    lasting, reason = _lasting(args, "silence"), _reason(args, "silence")
    until_resolved = args.has(flags.UNTIL_RESOLVED)
    if lasting is not None and until_resolved:
        raise Misunderstood("Give either `--for` or `--until-resolved`, not both.", topic="silence")
    word = args.words[0] if len(args.words) == 1 else ""
    identity = incident_id(word) or silence_id(word)
    if identity is None:
        return _created(args, default_namespace, lasting, reason)
    for flag in (flags.CAUSE, flags.NAMESPACE):
        if args.value(flag) is not None:
            raise Misunderstood(
                f"{shown(word)} is the id of one, so `--{flag.name}` says nothing more. "
                "For a pod of that name write `pod/NAME`.",
                topic="silence",
            )
    incident = incident_id(word)
    if incident is not None:
        return SilenceIncident(
            incident=incident, lasting=lasting, until_resolved=until_resolved, reason=reason
        )
    if until_resolved:
        raise Misunderstood(
            "A silence that holds already can be given another end with `--for`, not `--until-resolved`.",
            topic="silence",
        )
    if lasting is None and not reason:
        raise Misunderstood(
            f"What is to become of silence {shown(identity)}? Give it another end with `--for 2h`, "
            f"or end it with `/pods unsilence {identity}`.",
            topic="silence",
        )
    return EditSilence(silence=SilenceId(identity), lasting=lasting, reason=reason)


def _created(
    args: Arguments, default_namespace: str, lasting: timedelta | None, reason: str
) -> CreateSilence:
    scope = silence_scopes.read(args, default_namespace)
    if args.has(flags.UNTIL_RESOLVED):
        raise Misunderstood(
            "`--until-resolved` goes with an incident's id: only an incident has an end to wait for.",
            topic="silence",
        )
    if lasting is None:
        raise Misunderstood(
            f"For how long? Write `--for 1h`; the longest is {LONGEST.days} days.", topic="silence"
        )
    return CreateSilence(scope=scope, lasting=lasting, reason=reason)


def build_silences(args: Arguments, _default_namespace: str) -> ListSilences:
    """`silences`."""
    if args.words:
        raise Misunderstood(
            f"`silences` takes no words behind it, but {shown(args.words[0])} stands there.", topic="silences"
        )
    return ListSilences()


def build_unsilence(args: Arguments, _default_namespace: str) -> EndSilence:
    """`unsilence ID`: of a silence, or of the incident that it silences."""
    word = _one_word(args, "unsilence", "the id of a silence")
    identity = silence_id(word) or incident_id(word)
    if identity is None:
        raise _no_id(word, "unsilence")
    return EndSilence(silence=SilenceId(identity))


def build_resolve(args: Arguments, _default_namespace: str) -> ResolveIncident:
    """`resolve ID`, `resolve ID --reason TEXT --force`."""
    identity, reason = _incident(args, "resolve"), _reason(args, "resolve")
    force = args.has(flags.CLOSE_ANYWAY)
    if force and not reason:
        raise Misunderstood(
            "To close what still fails takes a reason, for those who read it later: add `--reason TEXT`.",
            topic="resolve",
        )
    return ResolveIncident(incident=identity, reason=reason, force=force)


def build_incidents(args: Arguments, _default_namespace: str) -> ListIncidents:
    """`incidents`, `incidents deploy/web -n shop --recent`: everywhere, unless a namespace is named."""
    if len(args.words) > 1:
        raise Misunderstood(
            f"`incidents` takes one workload at a time; {listed(args.words[:4])} are {len(args.words)}.",
            topic="incidents",
        )
    since = values.since(args, topic="incidents")
    recent = args.has(flags.RECENT) or since is not None
    return ListIncidents(
        among=Among.RECENT if recent else Among.OPEN,
        namespace=_namespace(args, "incidents"),
        owner=silence_scopes.workload(args.words[0], topic="incidents") if args.words else "",
        since=since,
    )


def build_incident(args: Arguments, _default_namespace: str) -> ShowIncident | ExportIncident:
    """`incident ID`, `incident ID --export markdown`."""
    identity = _incident(args, "incident")
    if args.value(flags.EXPORT) is None:
        return ShowIncident(incident=identity)
    return ExportIncident(incident=identity, form=_form(args, flags.EXPORT, "incident"))


def build_export(args: Arguments, _default_namespace: str) -> ExportIncident:
    """`export ID`, `export ID -o json`."""
    return ExportIncident(incident=_incident(args, "export"), form=_form(args, flags.EXPORT_FORM, "export"))


def build_stats(args: Arguments, _default_namespace: str) -> ShowStats:
    """`stats`, `stats -n shop --since 7d`."""
    if args.words:
        raise Misunderstood(
            f"`stats` takes no words behind it, but {shown(args.words[0])} stands there.", topic="stats"
        )
    return ShowStats(namespace=_namespace(args, "stats"), since=values.since(args, topic="stats"))


def build_route(args: Arguments, default_namespace: str) -> RoutePod:
    """`route POD -n shop`."""
    pod = names.one_pod(args.words, topic="route", kind_needed=False)
    return RoutePod(
        namespace=values.one_namespace(args, default_namespace, topic="route"),
        pod=names.beginning_of_pod(pod, topic="route"),
    )


def build_restarts(args: Arguments, _default_namespace: str) -> ShowRestarts:
    """`restarts ID`."""
    return ShowRestarts(incident=_incident(args, "restarts"))


def incident_id(word: str) -> IncidentId | None:
    """The incident's id that a word is, in its canonical writing; None where it is none."""
    signs = word.translate(_LOOK_ALIKE).upper()
    return IncidentId(signs) if _INCIDENT.fullmatch(signs) else None


def silence_id(word: str) -> SilenceId | None:
    """The same for a silence's."""
    signs = word.translate(_LOOK_ALIKE).upper()
    return SilenceId(signs) if _SILENCE.fullmatch(signs) else None


def _incident(args: Arguments, verb: str) -> IncidentId:
    word = _one_word(args, verb, "the id of an incident")
    identity = incident_id(word)
    if identity is None:
        raise _no_id(word, verb)
    return identity


def _one_word(args: Arguments, verb: str, what: str) -> str:
    if not args.words:
        raise Misunderstood(
            f"`{verb}` needs {what}: `/pods {verb} ID`. It stands at the end of each alert; "
            "`/pods incidents` lists those that are open.",
            topic=verb,
        )
    if len(args.words) > 1:
        raise Misunderstood(
            f"`{verb}` takes one id at a time; {listed(args.words[:4])} are {len(args.words)} words.",
            topic=verb,
        )
    return args.words[0]


def _no_id(word: str, verb: str) -> Misunderstood:
    return Misunderstood(
        f"{shown(word)} is no id: an incident's has 4 signs, as `1F3K`, a silence's 5, as `S1F3K`. "
        "`/pods incidents` and `/pods silences` list them.",
        topic=verb,
    )


def _lasting(args: Arguments, verb: str) -> timedelta | None:
    text = args.value(flags.LASTING)
    if text is None:
        return None
    try:
        return lasting(text)
    except ValueError as error:
        raise Misunderstood(f"`--for` cannot be {shown(text)}: {error}.", topic=verb) from error


def lasting(text: str) -> timedelta:
    """For how long somebody has an incident, or wants to hear nothing of it. Raises ValueError, with why."""
    try:
        duration = durations.parse(text)
    except ValueError as error:
        raise ValueError("a duration is written as 45m, 2h or 3d") from error
    if duration < timedelta(minutes=1):
        raise ValueError("the shortest is 1 min")
    if duration > LONGEST:
        raise ValueError(f"the longest is {LONGEST.days} days; what lasts longer is to be asked anew")
    return duration


def _reason(args: Arguments, verb: str) -> str:
    reason = " ".join((args.value(flags.REASON) or "").split())
    if len(reason) > LONGEST_REASON:
        raise Misunderstood(
            f"A reason has at most {LONGEST_REASON} characters; this one has {len(reason)}.", topic=verb
        )
    return reason


def _form(args: Arguments, flag: Flag, verb: str) -> ExportForm:
    text = args.value(flag)
    if text is None:
        return ExportForm.MARKDOWN
    forms = {"md": ExportForm.MARKDOWN} | {each.value: each for each in ExportForm}
    form = forms.get(text.lower())
    if form is None:
        raise Misunderstood(
            f"`--{flag.name}` takes `markdown` or `json`, not {shown(text)}.{did_you_mean(text, forms)}",
            topic=verb,
        )
    return form


def _namespace(args: Arguments, verb: str) -> str:
    """What is looked at is everywhere unless a namespace is named; it is the bot's own memory."""
    return values.namespace(args, ALL_NAMESPACES, topic=verb)
