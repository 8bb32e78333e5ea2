"""What a revision of a Deployment changed, in words. Pure.

Names only: whoever reads an alert may not be meant to read what a variable or an annotation says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.model.messages import Inline, Line, Text, code, plain
from bot.model.revisions import EnvSource, Image, RevisionChange, SourcesChange

NAMES_SHOWN = 4
"""Of a kind; of the rest it tells the number."""

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""The annotation by which `kubectl rollout restart` makes a new revision that differs in nothing else."""


def what_changed(change: RevisionChange) -> Line:
    """All that is known of it: `image web:1 → web:2; environment of app: LIMIT added`."""
    parts: list[Line] = []
    for before, after in change.images[:NAMES_SHOWN]:
        old, new = short_image(before, after), short_image(after, before)
        parts.append((Text("image "), code(old), Text(" → "), code(new)))
    if len(change.images) > NAMES_SHOWN:
        parts.append(plain(f"{len(change.images) - NAMES_SHOWN} more images"))
    parts += _first(tuple(_environments(change)), "environment of")
    parts += _first(tuple(_fields(change)), "fields of")
    parts += _template(change)
    return _joined("; ", parts) or plain("nothing in the pod template")


def short_image(image: Image, other: Image) -> str:
    """Without what both images have in common up to the last slash: the registry says nothing then."""
    path, slash, name = image.image.rpartition("/")
    return name if slash and other.image.rpartition("/")[0] == path else image.image


def _fields(change: RevisionChange) -> Iterator[Line]:
    """One for each container, by the API's own names: `resources of app changed`; the pod's own last."""
    by_container: dict[str, list[str]] = {}
    for each in change.fields:
        container, slash, field = each.rpartition("/")
        by_container.setdefault(container if slash else "", []).append(field)
    for container in sorted(by_container, key=lambda each: (not each, each)):
        whose: Line = (Text(" of "), code(container)) if container else plain(" of the pod")
        yield (*_named(by_container[container]), *whose, Text(" changed"))


def _template(change: RevisionChange) -> Iterator[Line]:
    """What else it changed in the pod template."""
    for what, names in (("added", change.containers_added), ("removed", change.containers_removed)):
        if names:
            yield (Text(_counted("container", names)), *_named(names), Text(f" {what}"))
    others = set(change.annotations)
    if RESTARTED_AT in others.difference(change.annotations_removed):
        others.remove(RESTARTED_AT)
        yield plain("restarted with kubectl rollout restart")
    for what, those in _by_what_happened(others, change.annotations_added, change.annotations_removed):
        yield (Text(_counted("pod annotation", those)), *_named(those), Text(f" {what}"))
    if change.other and not (change.fields or change.containers_added or change.containers_removed):
        yield plain("something else in the pod template changed")


def _environments(change: RevisionChange) -> Iterator[Line]:
    """One for each container: `environment of app: LIMIT added, envFrom changed (secret a → b)`."""
    sources = {each.container: each for each in change.env_from}
    containers = {name.partition("/")[0] for name in change.env} | sources.keys()
    for container in sorted(containers - {*change.containers_added, *change.containers_removed}):
        mine = {each for each in change.env if each.partition("/")[0] == container}
        parts = [
            (*_named([each.partition("/")[2] for each in names]), Text(f" {what}"))
            for what, names in _by_what_happened(mine, change.env_added, change.env_removed)
        ]
        if container in sources:
            parts.append((Text("envFrom changed ("), *_replaced(sources[container]), Text(")")))
        yield (Text("environment of "), code(container), Text(": "), *_joined(", ", parts))


def _by_what_happened(
    names: set[str], added: Iterable[str], removed: Iterable[str]
) -> Iterator[tuple[str, Sequence[str]]]:
    """Those of the names that were changed, added and removed, as far as there are such."""
    new, gone = names.intersection(added), names.intersection(removed)
    for what, those in (("changed", names - new - gone), ("added", new), ("removed", gone)):
        if those:
            yield what, sorted(those)


def _replaced(change: SourcesChange) -> Line:
    """`config map a → b` where one took the place of one, else what was added and what removed."""
    gone = [each for each in change.before if each not in change.after]
    new = [each for each in change.after if each not in change.before]
    if not gone and not new:
        return plain("in another order")
    if len(gone) == len(new) == 1 and gone[0].kind == new[0].kind:
        return (Text(f"{gone[0].kind} "), *_source(gone[0]), Text(" → "), *_source(new[0]))
    return _joined(", ", [_listed(each, what) for each, what in ((new, "added"), (gone, "removed")) if each])


def _listed(sources: Sequence[EnvSource], what: str) -> Line:
    shown = [(Text(f"{each.kind} "), *_source(each)) for each in sources[:NAMES_SHOWN]]
    return (*_joined(", ", shown), *_more(len(sources)), Text(f" {what}"))


def _source(source: EnvSource) -> Line:
    prefix: Line = (Text(" with prefix "), code(source.prefix)) if source.prefix else ()
    return (code(source.name), *prefix, *(plain(", optional") if source.optional else ()))


def _first(parts: Sequence[Line], what: str) -> Iterator[Line]:
    yield from parts[:NAMES_SHOWN]
    if len(parts) > NAMES_SHOWN:
        yield plain(f"{what} {len(parts) - NAMES_SHOWN} more containers")


def _counted(what: str, names: Sequence[str]) -> str:
    return f"{what} " if len(names) == 1 else f"{what}s "


def _named(names: Sequence[str]) -> Line:
    return (code(", ".join(names[:NAMES_SHOWN])), *_more(len(names)))


def _more(number: int) -> Line:
    return plain(f" and {number - NAMES_SHOWN} more") if number > NAMES_SHOWN else ()


def _joined(separator: str, parts: Sequence[Line]) -> Line:
    joined: list[Inline] = []
    for number, part in enumerate(parts):
        joined += [Text(separator), *part] if number else part
    return tuple(joined)
