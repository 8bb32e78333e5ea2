"""What people read of a cluster's incidents: lists, stories, files and figures. Implements `ports.Readings`.

Who may read what is `access`'. The log that an export holds is for those who may read logs.
"""

from __future__ import annotations

from datetime import timedelta

from bot import logs
from bot.clock import Clock
from bot.incidents import figures
from bot.incidents.access import Access, namespaces_of
from bot.incidents.account import account
from bot.incidents.at_home import at_home
from bot.incidents.export import exported
from bot.incidents.listing import listing
from bot.incidents.ports import Directory, Gate, Pictures
from bot.incidents.postmortem import postmortem
from bot.incidents.store_ports import Chronicle
from bot.model.answers import Decision
from bot.model.commands import Verb
from bot.model.home import HomeAlerts
from bot.model.incident_answers import Reading
from bot.model.incident_commands import (
    Among,
    ExportForm,
    ExportIncident,
    ListIncidents,
    ShowIncident,
    ShowStats,
)
from bot.model.incident_problems import NoSuchIncident
from bot.model.incidents import IncidentId
from bot.model.messages import Attachment, Context, Message, Paragraph, code, plain
from bot.model.past import Account, Selection
from bot.model.people import NAMELESS, Asker, UsergroupId, UserId
from bot.model.pods import ALL_NAMESPACES, ClusterName

RECENT = timedelta(days=1)
FIGURES = timedelta(days=7)
"""How far back is looked where nobody says."""

log = logs.get(__name__)


class IncidentReadings:
    """Answers what people ask to read of one cluster's incidents.

    Raises `Refused`, `NoSuchIncident`, and `StoreUnavailable`, which its caller words.
    """

    def __init__(
        self,
        cluster: ClusterName,
        gate: Gate,
        clock: Clock,
        *,
        chronicle: Chronicle,
        pictures: Pictures,
        directory: Directory | None = None,
    ) -> None:
        """Without a `directory`, files name people by their ids."""
        self._cluster = cluster
        self._gate = gate
        self._access = Access(gate)
        self._clock = clock
        self._chronicle = chronicle
        self._pictures = pictures
        self._directory = directory

    async def read(
        self, asker: Asker, command: ShowIncident | ListIncidents | ExportIncident | ShowStats
    ) -> Reading:
        """The answer, if the asker may read it; it is on record then."""
        match command:
            case ListIncidents():
                message = await self._listed(asker, command)
            case ShowStats():
                message = await self._figures(asker, command)
            case ShowIncident():
                told, decision = await self._told(asker, command.incident)
                with self._gate.audited(asker, decision, f"incident/{command.incident}"):
                    message = account(told)
            case ExportIncident():
                told, decision = await self._told(asker, command.incident)
                with self._gate.audited(asker, decision, f"incident/{command.incident}", "export"):
                    message = _with_file(told, await self._file(asker, told, command.form))
        return Reading(message=message)

    async def at_home(self, asker: Asker) -> HomeAlerts | None:
        """What is open and silenced, as far as the asker may see it; None where there is nothing to say."""
        mine = await self._visible(asker)
        selection = Selection(cluster=self._cluster, among=Among.OPEN, namespaces=mine)
        found = await self._chronicle.listed(selection)
        silences = await self._chronicle.silences(self._clock.now())
        seen = [each for each in silences if self._access.may_see(asker, each.scope)]
        return at_home(found, seen, self._cluster)

    async def _listed(self, asker: Asker, command: ListIncidents) -> Message:
        mine, decision = await self._allowed(asker, command.namespace, "incidents")
        now = self._clock.now()
        recent = RECENT if command.among is Among.RECENT else None
        since = command.since or recent
        with self._gate.audited(asker, decision, "incidents"):
            selection = Selection(
                cluster=self._cluster,
                among=command.among,
                namespaces=mine,
                owner=command.owner,
                since=now - since if since is not None else None,
            )
            found = await self._chronicle.listed(selection, command.page)
        return listing(command, found, self._cluster, partly=mine is not None and not command.namespace)

    async def _figures(self, asker: Asker, command: ShowStats) -> Message:
        mine, decision = await self._allowed(asker, command.namespace, "statistics")
        now = self._clock.now()
        with self._gate.audited(asker, decision, "statistics"):
            told = await self._chronicle.statistics(
                self._cluster, now - (command.since or FIGURES), now, mine
            )
        picture = b""
        if told.deaths:
            try:
                picture = await self._pictures.statistics(told)
            except Exception:
                # The numbers are the answer; whatever a name did to the picture, they are told.
                log.exception("not_drawn", cluster=self._cluster)
        return figures.figures(
            told, command, picture=picture, partly=mine is not None and not command.namespace
        )

    async def _told(self, asker: Asker, identity: IncidentId) -> tuple[Account, Decision]:
        told = await self._chronicle.account(identity)
        if told is None or told.incident.key.cluster != self._cluster:
            raise NoSuchIncident(identity)
        return told, self._access.to_read(asker, told.incident)

    async def _file(self, asker: Asker, told: Account, form: ExportForm) -> Attachment:
        names = await self._directory.names(*_of_whom(told)) if self._directory is not None else NAMELESS
        if form is ExportForm.JSON:
            return exported(told, names)
        reads_logs = all(
            self._gate.decide(asker, Verb.LOGS, each).allowed for each in namespaces_of(told.incident)
        )
        return postmortem(told, with_log=reads_logs, names=names)

    async def _allowed(
        self, asker: Asker, namespace: str, what: str
    ) -> tuple[frozenset[str] | None, Decision]:
        """The namespaces that an answer may be about, None for all, and the decision that allows it."""
        if namespace:
            return frozenset({namespace}), self._access.to_read_in(asker, namespace, what)
        mine = await self._visible(asker)
        return mine, self._access.to_read_in(asker, min(mine) if mine else ALL_NAMESPACES, what)

    async def _visible(self, asker: Asker) -> frozenset[str] | None:
        """The namespaces with incidents that the asker may see; None: all, and what belongs to none."""
        if self._access.may_read_in(asker, ALL_NAMESPACES):
            return None
        known = await self._chronicle.namespaces(self._cluster) - {""}
        return frozenset(each for each in known if self._access.may_read_in(asker, each))


def _of_whom(told: Account) -> tuple[frozenset[UserId], frozenset[UsergroupId]]:
    """The people and the user groups that a story tells of."""
    people = {each.by for each in told.story if each.by is not None}
    people |= {user for each in told.story for user in each.people}
    return frozenset(people), frozenset(group for each in told.story for group in each.groups)


def _with_file(told: Account, file: Attachment) -> Message:
    said = f"Incident {told.incident.id} as a file"
    return Message(
        text=said,
        blocks=(
            Paragraph(((*plain("Incident "), code(told.incident.id), *plain(" as a file")),)),
            Context(
                plain(
                    f"{_counted(len(told.story), 'entry', 'entries')} of its story, "
                    f"{_counted(len(told.deaths), 'death', 'deaths')}"
                )
            ),
        ),
        attachments=(file,),
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
