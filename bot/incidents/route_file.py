"""The configuration file (`PODBOT_CONFIG`): YAML text to `Config`, with every mistake named by its line.

Secrets are never in it: it names the environment variables that hold them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import time
from difflib import get_close_matches

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from bot.files import mistakes, strict_yaml
from bot.incidents.route_config import (
    ANNOTATIONS,
    AnnotationRule,
    Config,
    Digest,
    Heartbeat,
    Hours,
    Match,
    Rule,
    Webhook,
    WebhookKind,
)
from bot.incidents.route_fields import (
    AnnotationField,
    ChannelAnnotationField,
    EscalationField,
    FileFields,
    HoursField,
    MatchField,
    RouteField,
    StepField,
    WebhookField,
)
from bot.incidents.tuning_fields import LimitsField, TimingsField
from bot.model import urls
from bot.model.annotations import Annotation
from bot.model.deaths import Cause
from bot.model.escalations import EscalationPlan, EscalationStep
from bot.model.incidents import Severity
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.tuning import Limits, Timings

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
"""Where PagerDuty's Events API v2 is; accounts of its EU region have another address."""

_Path = tuple[str | int, ...]


def parse(text: str, environment: Mapping[str, str]) -> Config:
    """What a file's text says, with the secrets that the environment holds.

    Raises `FileMistakes` with all that is wrong with it.
    """
    tree, values = strict_yaml.read(text)
    try:
        file = FileFields.model_validate(values)
    except ValidationError as error:
        raise mistakes.told(error, tree, _wording) from error
    wrong = tuple(_loose_ends(file, environment))
    if wrong:
        raise mistakes.listed(tree, wrong)
    return _config(file, environment)


def _wording(error: ErrorDetails) -> str | None:
    match error["type"], error["loc"]:
        case "enum", (*_, "causes", int()):
            kinds = ", ".join(each.value for each in Cause)
            return f"no cause is called {mistakes.given(error)}; there are: {kinds}"
        case "enum", _:
            return f"must be {error['ctx']['expected'].replace(chr(39), '')}, and is {mistakes.given(error)}"
        case "string_type", _:
            return f"must be text, and is {mistakes.given(error)}: put it in quotes"
        case "too_long", _:
            return f"has more than {error['ctx']['max_length']} entries"
        case "bool_type", _:
            return f"must be true or false, and is {mistakes.given(error)}"
        case "extra_forbidden", path:
            return _no_such_field(path)
    return None


def _no_such_field(path: _Path) -> str | None:
    """The field that is meant, or all that there are, in the mappings that people fill in most."""
    mapping: type[BaseModel]
    match path:
        case (_,):
            mapping = FileFields
        case "routes", int(), _:
            mapping = RouteField
        case "routes", int(), "match", _:
            mapping = MatchField
        case "timings", _:
            mapping = TimingsField
        case "limits", _:
            mapping = LimitsField
        case _:
            return None
    names = [field.alias or name for name, field in mapping.model_fields.items()]
    plain = {_plain(each): each for each in names}
    meant = [plain[each] for each in get_close_matches(_plain(str(path[-1])), plain, n=1)]
    words = f"is it {meant[0]}?" if meant else f"there are: {', '.join(names)}"
    return f"there is no such field; {words}"


def _plain(name: str) -> str:
    """As `NotReady` and `not_ready` are both written."""
    return name.replace("_", "").replace("-", "").lower()


def _loose_ends(file: FileFields, environment: Mapping[str, str]) -> Iterator[tuple[_Path, str]]:
    """What refers to something that is not there, by its path."""
    taken: set[str] = set()
    for number, each in enumerate(file.routes):
        path: _Path = ("routes", number)
        name = _name_of(number, each)
        if name in taken:
            yield (*path, "name"), f"another route is called {name!r}"
        taken.add(name)
        yield from _unknown((*path, "escalation"), "escalation", each.escalation, file.escalations)
        yield from _unknown((*path, "match", "hours"), "hours are", each.match.hours, file.hours)
        yield from _unknown((*path, "match", "outside"), "hours are", each.match.outside, file.hours)
    for plan, escalation in file.escalations.items():
        for severity, steps in (("page", escalation.page), ("minor", escalation.minor)):
            for number, step in enumerate(steps):
                where = ("escalations", plan, severity, number, "webhook")
                yield from _unknown(where, "webhook", step.webhook, file.webhooks)
    yield from _unset(file, environment)


def _unknown(
    path: _Path, what: str, name: str | None, there_are: Collection[str]
) -> Iterator[tuple[_Path, str]]:
    if name is not None and name not in there_are:
        verb = "" if what.endswith("are") else " is"
        yield path, f"no {what}{verb} called {name!r}; there are: {', '.join(there_are) or 'none'}"


def _unset(file: FileFields, environment: Mapping[str, str]) -> Iterator[tuple[_Path, str]]:
    """Variables that hold no secret, or no address where one is needed."""
    addresses: list[tuple[_Path, str | None]] = [
        (("webhooks", name, "url_env"), each.url_env) for name, each in file.webhooks.items()
    ]
    if file.heartbeat is not None:
        addresses.append((("heartbeat", "url_env"), file.heartbeat.url_env))
    keys: list[tuple[_Path, str | None]] = []
    for name, each in file.webhooks.items():
        keys.append((("webhooks", name, "routing_key_env"), each.routing_key_env))
        keys.append((("webhooks", name, "secret_env"), each.secret_env))
    for path, variable in addresses + keys:
        if variable is not None and not environment.get(variable, "").strip():
            yield path, f"the environment variable {variable} is not set"
    for path, variable in addresses:
        address = environment.get(variable or "", "").strip()
        if address and not urls.is_http(address):
            yield path, f"the environment variable {variable} holds no http or https address"


def _config(file: FileFields, environment: Mapping[str, str]) -> Config:
    hours = {name: _hours(name, each) for name, each in file.hours.items()}
    timings = Timings(**file.timings.model_dump(exclude_none=True))
    return Config(
        rules=tuple(_rule(number, each, hours) for number, each in enumerate(file.routes)),
        annotations=_annotations(file),
        escalations={name: _plan(each, timings) for name, each in file.escalations.items()},
        webhooks={name: _webhook(each, environment) for name, each in file.webhooks.items()},
        digest=None
        if file.digest is None
        else Digest(
            channel=ChannelId(file.digest.channel),
            day=file.digest.day,
            at=time(file.digest.at // 60, file.digest.at % 60),
            zone=file.digest.zone,
        ),
        heartbeat=None
        if file.heartbeat is None
        else Heartbeat(url=_secret(environment, file.heartbeat.url_env), every=file.heartbeat.every),
        timings=timings,
        limits=Limits(**file.limits.model_dump(exclude_none=True)),
    )


def _hours(name: str, given: HoursField) -> Hours:
    return Hours(name=name, zone=given.zone, days=frozenset(given.days), begin=given.begin, end=given.end)


def _name_of(number: int, given: RouteField) -> str:
    return given.name or str(number + 1)


def _rule(number: int, given: RouteField, hours: Mapping[str, Hours]) -> Rule:
    return Rule(
        name=_name_of(number, given),
        match=_match(given.match, hours),
        channels=tuple(map(ChannelId, given.channel or ())),
        groups=_groups(given.mention),
        people=_people(given.mention),
        escalation=given.escalation or "",
        runbook=given.runbook or "",
        mute=given.mute,
        goes_on=given.goes_on,
    )


def _match(given: MatchField, hours: Mapping[str, Hours]) -> Match:
    return Match(
        clusters=tuple(given.clusters or ()),
        namespaces=tuple(given.namespaces or ()),
        labels=tuple((key, frozenset(values)) for key, values in given.labels.items()),
        owners=tuple(given.owners or ()),
        causes=frozenset(given.causes or ()),
        severities=frozenset(given.severities or ()),
        hours=None if given.hours is None else hours[given.hours],
        outside=None if given.outside is None else hours[given.outside],
    )


def _annotations(file: FileFields) -> Mapping[Annotation, AnnotationRule]:
    given: dict[Annotation, AnnotationField | None] = {
        Annotation.CHANNEL: file.annotations.channel,
        Annotation.MUTE: file.annotations.mute,
        Annotation.RUNBOOK: file.annotations.runbook,
        Annotation.OWNER: file.annotations.owner,
    }
    return {key: ANNOTATIONS[key] if each is None else _annotation(each) for key, each in given.items()}


def _annotation(given: AnnotationField) -> AnnotationRule:
    channels = given.channels if isinstance(given, ChannelAnnotationField) else None
    return AnnotationRule(
        allowed=given.allowed,
        namespaces=tuple(given.namespaces or ("*",)),
        channels=tuple(channels or ()),
    )


def _plan(given: EscalationField, timings: Timings) -> EscalationPlan:
    steps = {
        Severity.PAGE: tuple(map(_step, given.page)),
        Severity.MINOR: tuple(map(_step, given.minor)),
    }
    return EscalationPlan(
        steps={severity: each for severity, each in steps.items() if each},
        acknowledged_for=given.acknowledgement_lapses or timings.acknowledgement_lapses,
    )


def _step(given: StepField) -> EscalationStep:
    return EscalationStep(
        after=given.after,
        groups=_groups(given.mention),
        people=_people(given.mention),
        channel=None if given.channel is None else ChannelId(given.channel),
        webhook=given.webhook or "",
    )


def _webhook(given: WebhookField, environment: Mapping[str, str]) -> Webhook:
    if given.type is WebhookKind.PAGERDUTY:
        return Webhook(
            kind=given.type,
            url=SecretStr(given.url or PAGERDUTY),
            routing_key=_secret(environment, given.routing_key_env),
        )
    return Webhook(
        kind=given.type,
        url=_secret(environment, given.url_env),
        secret=None if given.secret_env is None else _secret(environment, given.secret_env),
    )


def _secret(environment: Mapping[str, str], variable: str | None) -> SecretStr:
    return SecretStr(environment.get(variable or "", "").strip())


def _groups(mentions: list[str] | None) -> tuple[UsergroupId, ...]:
    return tuple(dict.fromkeys(UsergroupId(each) for each in mentions or () if each.startswith("S")))


def _people(mentions: list[str] | None) -> tuple[UserId, ...]:
    return tuple(dict.fromkeys(UserId(each) for each in mentions or () if not each.startswith("S")))
