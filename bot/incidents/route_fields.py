"""The fields of the configuration file, and what may stand in each. `route_file` makes values of them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
)
from pydantic import model_validator as validator

from bot.files.fields import STRICT, Channel, Cluster, Pattern
from bot.incidents.route_config import MINUTES_A_DAY, WebhookKind
from bot.incidents.routing import is_web_address
from bot.incidents.tuning_fields import Duration, Lapse, LimitsField, TimingsField, within
from bot.model.deaths import Cause
from bot.model.incidents import Severity

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SHORTEST_BEAT, LONGEST_BEAT = timedelta(seconds=10), timedelta(hours=1)
SHORTEST_STEP, LONGEST_STEP = timedelta(seconds=1), timedelta(days=7)

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_ENVIRONMENT = re.compile(r"[A-Z_][A-Z0-9_]*")
_SOMEBODY = re.compile(r"[UWS][A-Z0-9]+")
_CHANNELS = re.compile(r"[CG*?][A-Z0-9*?]*")


def _listed(value: Any) -> Any:
    return value if value is None or isinstance(value, (list, dict)) else [value]


def _called(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > 60:
        raise ValueError("must be a name of up to 60 characters")
    return value.strip()


def _somebody(value: str) -> str:
    if not _SOMEBODY.fullmatch(value):
        raise ValueError("must be a Slack id, of a user (U0123ABCD) or a user group (S0123ABCD), not a name")
    return value


def _owner(value: str) -> str:
    if not value.strip() or "[" in value or value.count("/") > 1:
        raise ValueError("must be a workload such as deployment/web, or a name; * and ? may stand in it")
    return value


def _channels(value: str) -> str:
    if not _CHANNELS.fullmatch(value):
        raise ValueError("must be a channel's Slack id, such as C0123ABCD; * and ? may stand in it")
    return value


def _web_address(value: str) -> str:
    if not is_web_address(value):
        raise ValueError("must be an address that begins with https:// or http://")
    return value


def _minutes(value: Any) -> Any:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("must be a time of the day such as 09:00; 24:00 is the day's end")
    hours, _, minutes = value.partition(":")
    return int(hours) * 60 + int(minutes)


def _minutes_within_the_day(value: int) -> int:
    if value >= MINUTES_A_DAY:
        raise ValueError("must be before 24:00, which is 00:00 of the next day")
    return value


def _day(value: Any) -> Any:
    if not isinstance(value, str) or value.lower() not in DAYS:
        raise ValueError(f"must be a day: {', '.join(DAYS)}")
    return DAYS.index(value.lower())


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value)
    except (LookupError, ValueError, TypeError, OSError) as error:
        raise ValueError("must be a time zone by its IANA name, such as Europe/Berlin or UTC") from error


def _environment(value: str) -> str:
    if not _ENVIRONMENT.fullmatch(value):
        raise ValueError("must be the name (A-Z, 0-9 and _) of the environment variable that holds it")
    return value


Name = Annotated[StrictStr, AfterValidator(_called)]
Somebody = Annotated[StrictStr, AfterValidator(_somebody)]
Workload = Annotated[StrictStr, AfterValidator(_owner)]
ChannelPattern = Annotated[StrictStr, AfterValidator(_channels)]
Web = Annotated[StrictStr, AfterValidator(_web_address)]
Variable = Annotated[StrictStr, AfterValidator(_environment)]
Minutes = Annotated[int, BeforeValidator(_minutes)]
MinutesOfDay = Annotated[Minutes, AfterValidator(_minutes_within_the_day)]
Day = Annotated[int, BeforeValidator(_day)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Several = BeforeValidator(_listed)
"""One or a list of them."""

Mentions = Annotated[list[Somebody], Several, Field(min_length=1, max_length=20)]
Channels = Annotated[list[Channel], Several, Field(min_length=1, max_length=10)]
Label = Annotated[list[StrictStr], Several, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(**STRICT, arbitrary_types_allowed=True)


class MatchField(_Strict):
    """`match` of a route. An empty list would match nothing, so it is a mistake."""

    clusters: Annotated[list[Cluster], Several, Field(min_length=1)] | None = None
    namespaces: Annotated[list[Pattern], Several, Field(min_length=1)] | None = None
    labels: dict[StrictStr, Label] = {}
    owners: (
        Annotated[list[Annotated[StrictStr, AfterValidator(_owner)]], Several, Field(min_length=1)] | None
    ) = None
    causes: Annotated[list[Cause], Several, Field(min_length=1)] | None = None
    severities: Annotated[list[Severity], Several, Field(min_length=1)] | None = None
    hours: Name | None = None
    outside: Name | None = None


class RouteField(_Strict):
    """One entry of `routes`."""

    name: Name | None = None
    match: MatchField = MatchField()
    channel: Channels | None = None
    mention: Mentions | None = None
    escalation: Name | None = None
    runbook: Web | None = None
    mute: StrictBool = False
    goes_on: StrictBool = Field(default=False, alias="continue")

    @validator(mode="after")
    def _does_one_thing(self) -> RouteField:
        tells = self.channel or self.mention or self.escalation
        if self.mute and (tells or self.goes_on):
            raise ValueError("a route that mutes has no channel, mention, escalation or continue beside it")
        if not (self.mute or tells or self.runbook or self.name):
            raise ValueError("does nothing: give it a channel, mention, escalation, runbook, mute or name")
        return self


class HoursField(_Strict):
    """One entry of `hours`."""

    zone: Zone
    days: Annotated[list[Day], Several, Field(min_length=1)]
    begin: MinutesOfDay = Field(alias="from")
    end: Minutes = Field(alias="to")

    @validator(mode="after")
    def _lasts(self) -> HoursField:
        if self.begin == self.end:
            raise ValueError("begins when it ends; a whole day is from 00:00 to 24:00")
        return self


class AnnotationField(_Strict):
    """What an annotation may do."""

    allowed: StrictBool
    namespaces: Annotated[list[Pattern], Several, Field(min_length=1)] | None = None


class ChannelAnnotationField(AnnotationField):
    """What `podbot.io/channel` may do."""

    channels: Annotated[list[ChannelPattern], Several, Field(min_length=1)] | None = None

    @validator(mode="after")
    def _says_which(self) -> ChannelAnnotationField:
        if self.allowed and self.channels is None:
            raise ValueError('say which channels it may name: channels: ["*"] lets it name any')
        return self


class AnnotationsField(_Strict):
    """`annotations`."""

    channel: ChannelAnnotationField | None = Field(default=None, alias="podbot.io/channel")
    mute: AnnotationField | None = Field(default=None, alias="podbot.io/mute")
    runbook: AnnotationField | None = Field(default=None, alias="podbot.io/runbook")
    owner: AnnotationField | None = Field(default=None, alias="podbot.io/owner")


class StepField(_Strict):
    """One step of an escalation."""

    after: Annotated[Duration, within(SHORTEST_STEP, LONGEST_STEP)]
    mention: Mentions | None = None
    channel: Channel | None = None
    webhook: Name | None = None

    @validator(mode="after")
    def _calls_somebody(self) -> StepField:
        if not (self.mention or self.channel or self.webhook):
            raise ValueError("calls nobody: give it mention, channel or webhook")
        return self


class EscalationField(_Strict):
    """One entry of `escalations`: steps for each severity."""

    page: list[StepField] = []
    minor: list[StepField] = []
    acknowledgement_lapses: Lapse | None = None


class WebhookField(_Strict):
    """One entry of `webhooks`."""

    type: WebhookKind
    url: Web | None = None
    url_env: Variable | None = None
    routing_key_env: Variable | None = None
    secret_env: Variable | None = None

    @validator(mode="after")
    def _has_what_it_needs(self) -> WebhookField:
        if self.type is WebhookKind.PAGERDUTY:
            if self.routing_key_env is None:
                raise ValueError("pagerduty needs routing_key_env: the variable that holds the key")
            if self.url_env is not None:
                raise ValueError("pagerduty takes url, which is no secret, in place of url_env")
            if self.secret_env is not None:
                raise ValueError("pagerduty needs no secret_env: the routing key is the secret")
        elif self.url_env is None or self.url is not None or self.routing_key_env is not None:
            raise ValueError("json needs url_env, the variable with the address, and may have secret_env")
        return self


class DigestField(_Strict):
    """`digest`."""

    channel: Channel
    day: Day = 0
    at: MinutesOfDay = Field(alias="time")
    zone: Zone


class HeartbeatField(_Strict):
    """`heartbeat`."""

    url_env: Variable
    every: Annotated[Duration, within(SHORTEST_BEAT, LONGEST_BEAT)] = timedelta(minutes=1)


class FileFields(_Strict):
    """The whole file."""

    version: Literal[1]
    routes: Annotated[list[RouteField], Field(max_length=1_000)] = []
    hours: dict[Name, HoursField] = {}
    annotations: AnnotationsField = AnnotationsField()
    escalations: dict[Name, EscalationField] = {}
    webhooks: dict[Name, WebhookField] = {}
    digest: DigestField | None = None
    heartbeat: HeartbeatField | None = None
    timings: TimingsField = TimingsField()
    limits: LimitsField = LimitsField()
