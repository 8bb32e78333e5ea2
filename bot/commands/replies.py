"""Answers of the pod service, and its errors, as neutral messages; `slack.blocks` draws them.

Each sort of answer is worded in a module of its own beside this one; here is the choice among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.commands.address import address_holders
from bot.commands.cluster_list import cluster_list
from bot.commands.debug_output import debug_output, debug_started, raw_answer
from bot.commands.deletion import deletion_plan, dry_run
from bot.commands.event_list import event_list
from bot.commands.followed_logs import follow_stopped
from bot.commands.guide import guidance
from bot.commands.incident_acts import acted, restart_history
from bot.commands.log_excerpt import log_excerpt
from bot.commands.merged_logs import merged_logs
from bot.commands.misunderstood import SLASH, Misunderstood
from bot.commands.permissions import decision, identity, whom_to_ask
from bot.commands.pod_export import pod_export
from bot.commands.pod_list import pod_card, pod_list
from bot.commands.pod_summary import pod_summary
from bot.commands.prose import clipped, marked, message, said, shortened
from bot.commands.route_words import route_explanation
from bot.commands.silence_words import silence_changed, silence_list
from bot.commands.usage_list import usage_list
from bot.errors import ClusterError, ObjectNotFound, UserError
from bot.model.answers import (
    AddressHolders,
    Answer,
    ClusterList,
    Decision,
    EventList,
    Guidance,
    Identity,
    PodCard,
    PodExport,
    PodList,
    PodSummary,
    UsageList,
)
from bot.model.commands import Help, WhoAmI
from bot.model.debugging import DebugOutput, DebugStarted, RawAnswer
from bot.model.deletions import DeletionPlan, DryRun
from bot.model.incident_answers import (
    Acted,
    Reading,
    RestartHistory,
    RouteExplanation,
    SilenceChanged,
    SilenceList,
)
from bot.model.incident_commands import DeleteDeadPod, ResolveIncident
from bot.model.incident_problems import AnotherDied, StillFailing
from bot.model.log_answers import FollowStopped, LogExcerpt, MergedLogs
from bot.model.log_problems import RunGone
from bot.model.messages import (
    CHOICE_LABEL,
    MOST_CHOICES,
    Actions,
    Button,
    Choice,
    Line,
    Menu,
    Message,
    Paragraph,
    code,
    plain,
)
from bot.model.problems import AmbiguousPod, Refused

_LONGEST = 2_000
"""Characters of an error that are shown: the API server's own sentences have no bound."""


def reply(answer: Answer, *, command_word: str = SLASH) -> Message:  # noqa: PLR0912 - a case for each
    """An answer in words, for the one who asked; `command_word` is how they called podbot (`@podbot`)."""
    match answer:
        case PodList():
            return pod_list(answer, command_word=command_word)
        case PodExport():
            return pod_export(answer)
        case AddressHolders():
            return address_holders(answer)
        case EventList():
            return event_list(answer)
        case UsageList():
            return usage_list(answer)
        case PodCard():
            return pod_card(answer)
        case LogExcerpt():
            return log_excerpt(answer)
        case MergedLogs():
            return merged_logs(answer)
        case FollowStopped():
            return follow_stopped(answer)
        case PodSummary():
            return pod_summary(answer)
        case DeletionPlan():
            return deletion_plan(answer)
        case DryRun():
            return dry_run(answer)
        case DebugStarted():
            return debug_started(answer)
        case DebugOutput():
            return debug_output(answer)
        case RawAnswer():
            return raw_answer(answer)
        case Decision():
            return decision(answer)
        case Identity():
            return identity(answer)
        case ClusterList():
            return cluster_list(answer)
        case Guidance():
            return guidance(answer, command_word=command_word)
        case Acted():
            return acted(answer)
        case SilenceChanged():
            return silence_changed(answer)
        case SilenceList():
            return silence_list(answer)
        case RouteExplanation():
            return route_explanation(answer)
        case RestartHistory():
            return restart_history(answer)
        case Reading():
            return answer.message
        case _:
            assert_never(answer)


def problem(error: UserError) -> Message:
    """Why something was not done, whether anything was changed, and what to do next."""
    lines = tuple(marked(line) for line in clipped(str(error), _LONGEST).splitlines() if line.strip())
    offers = tuple(_offers(error))
    if isinstance(error, Refused):
        lines += tuple(whom_to_ask(error.decision))
    return message(Paragraph((*lines, *_changes(error))), *((Actions(offers),) if offers else ()))


def _offers(error: UserError) -> Iterator[Button | Menu]:
    """What the person may want to press instead of typing again."""
    match error:
        case Misunderstood():
            yield Button("Help", Help(topic=error.topic))
        case Refused():
            yield Button("What I may do", WhoAmI())
        case RunGone():
            yield Button("Latest log", error.latest)
        case StillFailing():
            yield Button(
                "Resolve anyway …", ResolveIncident(incident=error.identity, force=True), dangerous=True
            )
        case AnotherDied():
            yield Button("Delete it …", DeleteDeadPod(incident=error.identity, uid=error.uid), dangerous=True)
        case AmbiguousPod():
            choices = error.choices[:MOST_CHOICES]
            yield Menu(
                "Choose a pod",
                tuple(Choice(shortened(name, CHOICE_LABEL), command) for name, command in choices),
            )


def failure(request_id: str) -> Message:
    """Something went wrong inside podbot: only its log knows more."""
    return message(
        Paragraph(
            (
                plain(
                    "podbot itself failed at this. Look before you try again: part of it may have been done."
                ),
                said("Whoever runs podbot finds the cause in its log under ", code(request_id), "."),
            )
        )
    )


def _changes(error: UserError) -> tuple[Line, ...]:
    """Whether anything was changed, where the error does not say it itself; a miss needs no such comfort."""
    if not isinstance(error, ClusterError) or isinstance(error, ObjectNotFound) or "changed" in str(error):
        return ()
    if error.changed_nothing:
        return (plain("Nothing was changed."),)
    return (plain("Whether anything was changed is not known: look before you try again."),)
