"""What is said to who acted on an incident, and to who asked for its restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.commands.prose import counted, joined, message, said
from bot.model.durations import human, in_words
from bot.model.incident_answers import Acted, PodRestarts, RestartHistory
from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    ShowRestarts,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import Incident
from bot.model.messages import (
    Actions,
    Audience,
    Block,
    Button,
    Context,
    Line,
    Message,
    Moment,
    Paragraph,
    Table,
    bold,
    code,
    plain,
)
from bot.model.past import PastDeath

_DEATHS_SHOWN = 30
_PODS_SHOWN = 20


def acted(answer: Acted) -> Message:
    """What was done, and what follows."""
    incident = answer.incident
    match answer.command:
        case AcknowledgeIncident():
            held = incident.acknowledged
            until: Line = said(" until ", Moment(held.until, with_date=True)) if held is not None else ()
            return message(
                Paragraph((said("You have ", subject(incident), until, "."),)),
                Actions((Button("Release", UnacknowledgeIncident(incident=incident.id), replaces=True),)),
            )
        case UnacknowledgeIncident():
            again = AcknowledgeIncident(incident=incident.id)
            return message(
                Paragraph((said("Nobody has ", subject(incident), " now; others are called in time."),)),
                Actions((Button("Acknowledge", again, replaces=True),)),
            )
        case ResolveIncident():
            failing = incident.ending is not None and incident.ending.still_failing
            still = ", although it still fails" if failing else ""
            return message(Paragraph((said("Closed ", subject(incident), f"{still}."),)))


def subject(incident: Incident) -> Line:
    """Which incident is meant, in words."""
    key = incident.key
    where = " · ".join(each for each in (key.cause.value, key.owner.name, key.namespace) if each)
    return said("incident ", bold(incident.id), f" ({where})")


def restart_history(answer: RestartHistory) -> Message:
    """The pods that are there with their counts, then each death that the ledger has."""
    incident = answer.incident
    blocks: list[Block] = [Paragraph((joined(*_head(answer)),))]
    restarted = [each for each in answer.pods if each.restarts]
    if restarted:
        blocks.append(Paragraph(tuple(_standing(restarted))))
    if answer.deaths:
        blocks += [Paragraph((plain(_deaths_title(answer)),)), _deaths(answer)]
    blocks.append(Actions(tuple(_buttons(answer))))
    blocks.append(
        Context(said(f"incident {incident.id} · counted since ", Moment(answer.since, with_date=True)))
    )
    return message(*blocks)


def _head(answer: RestartHistory) -> Iterator[Line]:
    yield (bold(answer.incident.key.owner.name),)
    if answer.incident.key.namespace:
        yield plain(answer.incident.key.namespace)
    yield plain(f"{counted(answer.total, 'death')} in {in_words(answer.as_of - answer.since)}")
    restarts = sum(each.in_the_last_hour for each in answer.pods)
    if restarts:  # of the pods that are there; those that died may be gone
        yield plain(f"{counted(restarts, 'restart')} in the last hour")


def _standing(pods: Sequence[PodRestarts]) -> Iterator[Line]:
    """Lines, as Slack takes one table in a message."""
    for each in pods[:_PODS_SHOWN]:
        lately = f", {each.in_the_last_hour} in the last hour" if each.in_the_last_hour else ""
        yield said(code(each.pod), f" {counted(each.restarts, 'restart')}{lately}")
    if len(pods) > _PODS_SHOWN:
        yield plain(f"and {len(pods) - _PODS_SHOWN} more pods")


def _deaths_title(answer: RestartHistory) -> str:
    shown = min(len(answer.deaths), _DEATHS_SHOWN)
    return (
        "Its deaths, newest first:"
        if shown == answer.total
        else f"The last {shown} of {answer.total:,} deaths:"
    )


def _deaths(answer: RestartHistory) -> Table:
    return Table(
        columns=("AGO", "CAUSE", "EXIT", "POD", "CONTAINER"),
        rows=tuple(_row(each, answer) for each in answer.deaths[:_DEATHS_SHOWN]),
        right_aligned=frozenset({2}),
    )


def _row(death: PastDeath, answer: RestartHistory) -> tuple[str, ...]:
    return (
        human(answer.as_of - death.moment),
        death.cause.value if death.cause is not None else "not seen",
        "" if death.exit_code is None else str(death.exit_code),
        death.pod,
        death.container,
    )


def _buttons(answer: RestartHistory) -> Iterator[Button]:
    if not answer.incident.state.is_over:
        yield Button("Silence …", SilenceIncident(incident=answer.incident.id))
    yield Button("Share", ShowRestarts(incident=answer.incident.id), audience=Audience.CHANNEL)
