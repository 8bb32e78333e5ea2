"""The `log` subresource: which run is meant, what of it is asked for, and following it as it is written.

The texts are those of the API server (registry/core/pod/strategy.go) and of the kubelet
(`validateContainerLogStatus`).
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from bot.playground.cluster import errors
from bot.playground.cluster.api.context import ApiContext, Target
from bot.playground.cluster.logs import LogLine, Run
from bot.playground.cluster.objects import Json, name_of, parse_timestamp, precise_timestamp
from bot.playground.cluster.resources import PODS

_TRUE = frozenset({"1", "true", "True"})
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_SPECS = ("initContainers", "containers", "ephemeralContainers")
_WAITING_TEXTS = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}
_FOLLOW_STEP = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What of a log is asked for."""

    container: str
    previous: bool
    follow: bool
    timestamps: bool
    tail: int | None
    since: datetime | None
    limit_bytes: int | None


def _int(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _causes(query: Mapping[str, str], numbers: dict[str, int | None]) -> list[tuple[str, str, str]]:
    causes = []
    for field, least in (("tailLines", 0), ("limitBytes", 1), ("sinceSeconds", 1)):
        value = numbers[field]
        if value is not None and value < least:
            must = "greater than 0" if least else "greater than or equal to 0"
            causes.append(("FieldValueInvalid", f"Invalid value: {value}: must be {must}", field))
    if "sinceTime" in query and "sinceSeconds" in query:
        message = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(("FieldValueForbidden", message, "[]"))
    return causes


def parse_options(query: Mapping[str, str], pod: str, now: datetime) -> LogOptions:
    """Return the options of a log request.

    Raises:
        Refusal: one is not a number (400) or out of range (422).
    """
    numbers = {name: _int(query, name) for name in ("tailLines", "limitBytes", "sinceSeconds")}
    causes = _causes(query, numbers)
    if causes:
        raise errors.invalid("PodLogOptions", pod, causes)
    since = None
    if numbers["sinceSeconds"] is not None:
        since = now - timedelta(seconds=numbers["sinceSeconds"])
    elif query.get("sinceTime"):
        try:
            since = parse_timestamp(query["sinceTime"])
        except ValueError:
            text = query["sinceTime"]
            raise errors.bad_request(
                f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'
            ) from None
    return LogOptions(
        container=query.get("container", ""),
        previous=query.get("previous", "") in _TRUE,
        follow=query.get("follow", "") in _TRUE,
        timestamps=query.get("timestamps", "") in _TRUE,
        tail=numbers["tailLines"],
        since=since,
        limit_bytes=numbers["limitBytes"],
    )


def choose_container(pod: Json, wanted: str) -> str:
    """Return the container that is meant.

    Raises:
        Refusal: none is named and there are several, or there is none of that name (400).
    """
    present = [c["name"] for field in _SPECS for c in pod["spec"].get(field, ())]
    if not wanted:
        if len(pod["spec"]["containers"]) == 1:
            return str(pod["spec"]["containers"][0]["name"])
        raise errors.bad_request(
            f"a container name must be specified for pod {name_of(pod)}, choose one of: [{' '.join(present)}]"
        )
    if wanted not in present:
        raise errors.bad_request(f"container {wanted} is not valid for pod {name_of(pod)}")
    return wanted


def container_id(pod: Json, container: str, *, previous: bool) -> str:
    """Return the id of the run whose log is meant.

    Raises:
        Refusal: there is no such run (400), in the kubelet's words.
    """
    pod_name = name_of(pod)
    statuses = [s for field in _STATUSES for s in pod["status"].get(field, ()) if s["name"] == container]
    which = f'container "{container}" in pod "{pod_name}"'
    if not statuses:
        raise errors.bad_request(f"{which} is not available")
    status = statuses[0]
    state, last = status.get("state", {}), status.get("lastState", {}).get("terminated", {})
    if previous:
        if not last.get("containerID"):
            raise errors.bad_request(f"previous terminated {which} not found")
        return str(last["containerID"])
    if "running" in state:
        return str(status["containerID"])
    ended = state.get("terminated", {})
    found = ended.get("containerID") or last.get("containerID")
    if found:
        return str(found)
    if ended or last:
        raise errors.bad_request(f"{which} is terminated")
    reason = state.get("waiting", {}).get("reason", "")
    raise errors.bad_request(f"{which} is waiting to start: {_WAITING_TEXTS.get(reason, reason)}")


def _selected(lines: Iterable[LogLine], options: LogOptions) -> list[LogLine]:
    chosen = [line for line in lines if options.since is None or line[0] >= options.since]
    if options.tail is not None:
        chosen = chosen[-options.tail :] if options.tail else []
    return chosen


def _encoded(lines: Iterable[LogLine], options: LogOptions) -> bytes:
    def text(moment: datetime, line: str) -> str:
        return f"{precise_timestamp(moment)} {line}\n" if options.timestamps else f"{line}\n"

    return "".join(text(*line) for line in lines).encode()


async def serve_log(context: ApiContext, request: web.Request, target: Target) -> web.StreamResponse:
    """Answer a log request."""
    world = context.world
    pod = world.store.get(PODS, target.namespace, target.name)
    options = parse_options(request.query, target.name, world.agenda.now())
    container = choose_container(pod, options.container)
    node = pod["spec"].get("nodeName")
    if not node:
        return web.Response(status=204)
    if node in context.kubelet.host.silent_nodes:
        address = f"{context.kubelet.host.node_address(node)}:10250"
        url = f"https://{address}/containerLogs/{target.namespace}/{target.name}/{container}"
        raise errors.Refusal(500, "", f'Get "{url}": dial tcp {address}: i/o timeout')
    identity = container_id(pod, container, previous=options.previous)
    run = context.kubelet.host.logs.find(identity)
    if run is None:
        return web.Response(text=f"unable to retrieve container logs for {identity}")
    chosen = _selected(run.lines(world.agenda.now()), options)
    body = _encoded(chosen, options)
    if not options.follow:
        return web.Response(
            body=body[: options.limit_bytes] if options.limit_bytes else body, content_type="text/plain"
        )
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        await _follow(context, response, run, body, options)
    return response


async def _follow(
    context: ApiContext, response: web.StreamResponse, run: Run, body: bytes, options: LogOptions
) -> None:
    """Send what is there, then each line as its time comes, until the run ends or the limit is reached."""
    agenda = context.world.agenda
    left = options.limit_bytes
    seen = agenda.now()
    while True:
        if left is not None:
            body, left = body[:left], left - len(body[:left])
        if body:
            await response.write(body)
        if left == 0 or run.finished is not None or context.kubelet.host.logs.find(run.container_id) is None:
            return
        await agenda.clock.sleep_until(seen + _FOLLOW_STEP)
        now = agenda.now()
        body = _encoded((line for line in run.lines(now) if line[0] > seen), options)
        seen = now
