"""The paths that kubectl's users sort by, and what they find."""

from __future__ import annotations

import pytest

from bot.model.jsonpath import Path, look_up, parse

PATHS: dict[str, Path] = {
    ".metadata.name": ("metadata", "name"),
    "metadata.name": ("metadata", "name"),
    "{.metadata.name}": ("metadata", "name"),
    "{$.metadata.name}": ("metadata", "name"),
    ".status.containerStatuses[0].restartCount": ("status", "containerStatuses", 0, "restartCount"),
    ".spec.containers[-1].image": ("spec", "containers", -1, "image"),
    ".metadata.labels['app.kubernetes.io/name']": ("metadata", "labels", "app.kubernetes.io/name"),
    r".metadata.labels.app\.kubernetes\.io/name": ("metadata", "labels", "app.kubernetes.io/name"),
}

REFUSED = {
    ".items[*].metadata.name": "a wildcard",
    "..name": "recursive descent",
    ".spec.containers[?(@.name=='a')]": "a filter",
    ".spec.containers[0:2]": "a range",
    ".a[0,1]": "a union",
    "{range .items[*]}": "a wildcard",
    "": "a path is written like",
    ".": "a path is written like",
    ".a.": "a path is written like",
    ".a[b]": "a path is written like",
    "{.a": "a path is written like",
}


@pytest.mark.parametrize(("text", "path"), PATHS.items(), ids=PATHS)
def test_a_plain_path_is_read(text: str, path: Path) -> None:
    """With and without braces, keys quoted or escaped, indexes from either end."""
    assert parse(text) == path


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=repr)
def test_what_is_no_single_path_is_refused_by_name(text: str, why: str) -> None:
    """A person learns which part podbot does not take."""
    with pytest.raises(ValueError, match=why):
        parse(text)


def test_what_is_not_there_is_nothing() -> None:
    """Missing keys, indexes out of range and steps into text find nothing."""
    value = {"a": [{"b": 1}], "c": "text"}
    found = [
        look_up(value, parse(path)) for path in (".a[0].b", ".a[1].b", ".a[-1].b", ".x.y", ".c.d", ".c[0]")
    ]
    assert found == [1, None, 1, None, None, None]
