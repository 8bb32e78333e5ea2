"""A Deployment's revisions, and what each changed against the one before. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image of one container."""

    container: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSource:
    """A config map or a secret, every key of which becomes a variable of a container's environment."""

    kind: str
    """`config map` or `secret`."""
    name: str
    prefix: str = ""
    """What the variables' names begin with."""
    optional: bool = False
    """The container starts without it, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesChange:
    """The `envFrom` of a container in two revisions, in its order: of the same key the last one holds."""

    container: str
    before: tuple[EnvSource, ...] = ()
    after: tuple[EnvSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of a Deployment: what its ReplicaSet's pod template says.

    Of the environment only the names of variables and a digest of each are kept: values may be secrets.
    """

    number: int
    replica_set: str
    replica_set_uid: str = ""
    created_at: datetime
    deployment_at: datetime | None = None
    """When its Deployment was made: one that is deleted and made anew counts from 1 again."""
    earlier: tuple[int, ...] = ()
    """Numbers that it had before it was rolled back to: a rollback gives an old ReplicaSet a new number."""
    images: tuple[Image, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    """`container/NAME` and a digest of the value or of where it comes from."""
    env_from: tuple[tuple[str, tuple[EnvSource, ...]], ...] = ()
    """Of each container that has an `envFrom`, what it names."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Annotations of the pod template with digests of their values: charts put a ConfigMap's hash there."""
    fields: tuple[tuple[str, str], ...] = ()
    """All else that the template says: `container/resources` or `volumes`, and a digest of it."""
    rest: str = ""
    """A digest of all of that, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRevision:
    """A revision by its number, and the ReplicaSet whose pods are of it."""

    number: int
    replica_set: str
    replica_set_uid: str = ""
    created_at: datetime | None = None
    deployment_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionChange:
    """A revision beside the one before it."""

    number: int
    replica_set: str = ""
    """Whose pods are of this revision."""
    replica_set_uid: str = ""
    deployment_at: datetime | None = None
    made_anew: bool = False
    """It came with another Deployment of the same name, after the one before was deleted."""
    at: datetime
    """When it was rolled out. Of a rollback the API tells only when its ReplicaSet was first made; as a
    chapter of an incident it has the time at which it was noticed."""
    rollback: bool = False
    """It is an earlier revision once more."""
    same_as: int | None = None
    """Of a rollback: the number that it had before, where the cluster still tells."""
    compared: bool = True
    """There was another to compare it with; otherwise nobody knows what it changed."""
    images: tuple[tuple[Image, Image], ...] = ()
    """Before and after, of each container whose image changed."""
    env: tuple[str, ...] = ()
    """`container/NAME` of the variables that were added, taken away or changed."""
    env_added: tuple[str, ...] = ()
    """Those of them that the revision before did not have."""
    env_removed: tuple[str, ...] = ()
    """Those of them that this revision does not have any more."""
    env_from: tuple[SourcesChange, ...] = ()
    annotations: tuple[str, ...] = ()
    """Of the pod template, likewise."""
    annotations_added: tuple[str, ...] = ()
    annotations_removed: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """`container/FIELD` of what else changed in a container that both have, and fields of the pod's own."""
    containers_added: tuple[str, ...] = ()
    containers_removed: tuple[str, ...] = ()
    other: bool = False
    """Something else in the pod template changed: what the three before name, or the order of things."""


def newest_of(revisions: tuple[Revision, ...]) -> KnownRevision | None:
    """The newest revision; None where none is kept."""
    newest = max(revisions, key=lambda each: each.number, default=None)
    if newest is None:
        return None
    return KnownRevision(
        number=newest.number,
        replica_set=newest.replica_set,
        replica_set_uid=newest.replica_set_uid,
        created_at=newest.created_at,
        deployment_at=newest.deployment_at,
    )


def is_made_anew(one: KnownRevision | RevisionChange, other: KnownRevision | RevisionChange) -> bool:
    """Whether one revision is of a Deployment that was made after the other's: their numbers say nothing."""
    made, before = one.deployment_at, other.deployment_at
    return made is not None and before is not None and made > before


def is_later(one: KnownRevision | RevisionChange, other: KnownRevision | RevisionChange) -> bool:
    """Whether one revision came after another of a Deployment of the same name."""
    if is_made_anew(one, other):
        return True
    return one.number > other.number and not is_made_anew(other, one)


def change_between(revisions: tuple[Revision, ...]) -> RevisionChange | None:
    """What the newest revision changed against the one before; None where there is nothing to compare."""
    newest = newest_of(revisions)
    changes = changes_since(revisions, newest.number - 1) if newest is not None else ()
    return changes[-1] if changes and changes[-1].compared else None


def changes_since(revisions: tuple[Revision, ...], number: int) -> tuple[RevisionChange, ...]:
    """What each revision after this number changed, oldest first, as far as they are kept."""
    by_number = {known: each for each in revisions for known in (*each.earlier, each.number)}
    return tuple(_change(by_number, each) for each in sorted(by_number) if each > number)


def changes_after(revisions: tuple[Revision, ...], known: KnownRevision) -> tuple[RevisionChange, ...]:
    """What each revision after a known one changed, as above; all those of a Deployment made anew since."""
    newest = newest_of(revisions)
    if newest is None or is_made_anew(known, newest):
        return ()
    if not is_made_anew(newest, known):
        return changes_since(revisions, known.number)
    changes = changes_since(revisions, 0)
    return (*(replace(each, made_anew=True) for each in changes[:1]), *changes[1:])


def _change(by_number: dict[int, Revision], number: int) -> RevisionChange:
    after = by_number[number]
    earlier = [each for each in sorted(by_number) if each < number]
    same = [each for each in earlier if by_number[each] is after]
    others = [each for each in earlier if by_number[each] is not after]
    before = by_number[others[-1]] if others else None
    change = RevisionChange(
        number=number,
        replica_set=after.replica_set,
        replica_set_uid=after.replica_set_uid,
        deployment_at=after.deployment_at,
        at=after.created_at,
        rollback=bool(same) or (before is not None and after.created_at < before.created_at),
        same_as=same[-1] if same else None,
    )
    if before is None:
        return replace(change, compared=False)
    images_before = {each.container: each for each in before.images}
    containers = {each.container for each in after.images}
    added, removed = containers - images_before.keys(), images_before.keys() - containers
    return replace(
        change,
        images=tuple(
            (images_before[each.container], each)
            for each in after.images
            if each.container in images_before and images_before[each.container] != each
        ),
        env=_names_that_differ(before.env, after.env),
        env_added=_names_of_one(after.env, before.env),
        env_removed=_names_of_one(before.env, after.env),
        env_from=_sources_that_differ(before, after),
        annotations=_names_that_differ(before.annotations, after.annotations),
        annotations_added=_names_of_one(after.annotations, before.annotations),
        annotations_removed=_names_of_one(before.annotations, after.annotations),
        fields=tuple(
            each
            for each in _names_that_differ(before.fields, after.fields)
            if "/" not in each or each.partition("/")[0] not in added | removed
        ),
        containers_added=tuple(sorted(added)),
        containers_removed=tuple(sorted(removed)),
        other=before.rest != after.rest or bool(added or removed),
    )


def _names_that_differ(
    before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    one, other = dict(before), dict(after)
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))


def _names_of_one(one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(sorted(dict(one).keys() - dict(other).keys()))


def _sources_that_differ(before: Revision, after: Revision) -> tuple[SourcesChange, ...]:
    one, other = dict(before.env_from), dict(after.env_from)
    changes = (
        SourcesChange(container=each, before=one.get(each, ()), after=other.get(each, ()))
        for each in sorted(one.keys() | other.keys())
    )
    return tuple(each for each in changes if each.before != each.after)
