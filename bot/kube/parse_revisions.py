"""A Deployment's revisions out of the API server's ReplicaSets, as `model.revisions`. Pure.

What may be secret in a template is only digested.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter

import msgspec

from bot.model.pods import ObjectMeta, OwnerReference
from bot.model.revisions import EnvSource, Image, Revision
from bot.model.surroundings import OwnerState
from bot.model.wire import Wire

REVISION = "deployment.kubernetes.io/revision"
"""By which a Deployment's controller numbers ReplicaSets (`deploymentutil.RevisionAnnotation`)."""

REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
"""The numbers, separated by commas, that a ReplicaSet had before it was rolled back to
(`deploymentutil.RevisionHistoryAnnotation`)."""

TEMPLATE_HASH = "pod-template-hash"
"""The label that the controller puts on a ReplicaSet's template, so that no two have the same."""

_CONTAINER_GROUPS = ("initContainers", "containers")

_SOURCES = {"configMapRef": "config map", "secretRef": "secret"}
"""What an `envFrom` may name, in words."""


class _TemplateMeta(Wire, frozen=True, kw_only=True):
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class _Template(Wire, frozen=True, kw_only=True):
    metadata: _TemplateMeta = _TemplateMeta()
    spec: dict[str, object] = msgspec.field(default_factory=dict)


class _ReplicaSetSpec(Wire, frozen=True, kw_only=True):
    template: _Template = _Template()


class _ReplicaSet(Wire, frozen=True, kw_only=True):
    metadata: ObjectMeta
    spec: _ReplicaSetSpec = _ReplicaSetSpec()


class _ReplicaSets(Wire, frozen=True, kw_only=True):
    items: tuple[_ReplicaSet, ...] | None


_REPLICA_SETS = msgspec.json.Decoder(_ReplicaSets)


def revisions(body: bytes, deployment: OwnerState) -> tuple[Revision, ...]:
    """The revisions of a Deployment out of a list of ReplicaSets. Raises ValueError.

    Those of another one of the same name, which was deleted, are there for a while longer.
    """
    found = _REPLICA_SETS.decode(body).items or ()
    return tuple(
        _revision(each, deployment.created_at)
        for each in found
        if any(_controls(deployment, owner) for owner in each.metadata.owner_references or ())
        and each.metadata.annotations.get(REVISION, "").isdecimal()
    )


def _controls(deployment: OwnerState, reference: OwnerReference) -> bool:
    same = reference.kind == "Deployment" and reference.name == deployment.owner.name
    return bool(reference.controller) and same and reference.uid in {"", deployment.uid}


def _revision(replica_set: _ReplicaSet, deployment_at: datetime | None) -> Revision:
    meta, template = replica_set.metadata, replica_set.spec.template
    images: list[Image] = []
    env: list[tuple[str, str]] = []
    env_from: list[tuple[str, tuple[EnvSource, ...]]] = []
    rest: dict[str, object] = dict(template.spec)
    fields = [(key, _digest(value)) for key, value in rest.items() if key not in _CONTAINER_GROUPS]
    for group in _CONTAINER_GROUPS:
        rest[group] = others = []
        for each in _objects(template.spec, group):
            name = str(each.get("name", ""))
            images.append(Image(container=name, image=str(each.get("image", ""))))
            env += [(f"{name}/{one.get('name', '')}", _digest(one)) for one in _objects(each, "env")]
            if sources := tuple(_sources(each)):
                env_from.append((name, sources))
            other = {key: value for key, value in each.items() if key not in {"image", "env", "envFrom"}}
            fields += [(f"{name}/{key}", _digest(value)) for key, value in other.items() if key != "name"]
            others.append(other)
    if meta.creation_timestamp is None:
        raise ValueError(f"ReplicaSet {meta.name} has no creationTimestamp")
    annotations = template.metadata.annotations or {}
    labels = {name: text for name, text in (template.metadata.labels or {}).items() if name != TEMPLATE_HASH}
    if labels:
        fields.append(("labels", _digest(labels)))
    return Revision(
        number=int(meta.annotations[REVISION]),
        replica_set=meta.name,
        replica_set_uid=meta.uid,
        created_at=meta.creation_timestamp,
        deployment_at=deployment_at,
        earlier=tuple(
            int(each) for each in meta.annotations.get(REVISION_HISTORY, "").split(",") if each.isdecimal()
        ),
        images=tuple(images),
        env=tuple(sorted(env)),
        env_from=tuple(sorted(env_from, key=itemgetter(0))),
        annotations=tuple(sorted((name, _digest(value)) for name, value in annotations.items())),
        fields=tuple(sorted(fields)),
        rest=_digest(rest),
    )


def _objects(spec: dict[str, object], field: str) -> list[dict[str, object]]:
    """The objects in a list of a specification; none where there is no such list."""
    found = spec.get(field)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _sources(container: dict[str, object]) -> Iterator[EnvSource]:
    for source in _objects(container, "envFrom"):
        for field, kind in _SOURCES.items():
            reference = source.get(field)
            if isinstance(reference, dict):
                yield EnvSource(
                    kind=kind,
                    name=str(reference.get("name", "")),
                    prefix=str(source.get("prefix", "")),
                    optional=reference.get("optional") is True,
                )


def _digest(value: object) -> str:
    """Tells equal from different, and nothing else: what is digested may be secret."""
    return blake2b(msgspec.json.encode(value, order="deterministic"), digest_size=8).hexdigest()
