"""Every `logs` that can be typed, as hypothesis draws it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.model.commands import FollowLogs, GetLogs
from bot.model.targets import Target

Fields = dict[str, object]


def log_commands(
    *,
    namespaces: st.SearchStrategy[str],
    pods: st.SearchStrategy[str],
    targets: st.SearchStrategy[Target],
    selectors: st.SearchStrategy[str],
    labels: st.SearchStrategy[str],
) -> tuple[st.SearchStrategy[GetLogs], st.SearchStrategy[FollowLogs]]:
    """Logs that are read, and logs that are followed."""
    several = st.lists(targets, min_size=2, max_size=3, unique=True).map(tuple)
    which = (
        _fields("namespace", namespaces),
        _fields("pod", pods) | _fields("targets", several) | _fields("selector", selectors.filter(bool)),
        _nothing | _fields("container", labels) | _fields("all_containers", st.just(True)),
        _bounds,
    )
    read = st.builds(_logs, *which, _beginnings, _fields("previous", st.booleans()), _searches)
    died = st.builds(_logs, *which, _fields("around_death", st.just(True)), _searches)
    followed = st.builds(_logs, *which, _beginnings, _nothing | _search)
    return read | died, st.builds(FollowLogs, logs=followed)


def _logs(*parts: Fields) -> GetLogs:
    given: Fields = {}
    for part in parts:
        given |= part
    return GetLogs(**given)  # type: ignore[arg-type]    # the strategies say fields by name


def _fields(name: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries({name: values})


_nothing: st.SearchStrategy[Fields] = st.builds(Fields)
_seconds = st.integers(946_684_800, 4_102_444_800)
_beginnings = (
    _nothing
    | _fields("since", st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4000)))
    | _fields("since_time", _seconds.map(lambda second: datetime.fromtimestamp(second, UTC)))
)
_search: st.SearchStrategy[Fields] = st.fixed_dictionaries(
    {"grep": st.sampled_from(["timeout", "took .* ms", "disk: 100 % = full"]), "invert": st.booleans()}
)
_searches = _nothing | st.builds(
    lambda search, lines: search | {"context": lines}, _search, st.integers(0, 100)
)
_bounds: st.SearchStrategy[Fields] = st.fixed_dictionaries(
    {},
    optional={
        "tail": st.just(-1) | st.integers(1, 10**9 - 1),
        "timestamps": st.booleans(),
        "limit": st.integers(1, 10**7),
    },
)
