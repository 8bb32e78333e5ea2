"""Discovery: version, groups and resource lists, from the table of resources."""

from itertools import groupby

from bot.playground.cluster.objects import Json
from bot.playground.cluster.resources import RESOURCES, Resource

VERSION: Json = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.1",
    "gitCommit": "93248f9ae092f571eb870b7664c534bfc7d00f03",
    "gitTreeState": "clean",
    "buildDate": "2025-09-09T19:38:09Z",
    "goVersion": "go1.24.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def api_versions(server: str) -> Json:
    """Return the answer of `/api`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}],
    }


def _group(name: str, versions: list[str]) -> Json:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def api_groups() -> Json:
    """Return the answer of `/apis`."""
    named = sorted({(r.group, r.version) for r in RESOURCES if r.group})
    groups = [_group(name, [v for _, v in found]) for name, found in groupby(named, key=lambda pair: pair[0])]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(name: str) -> Json | None:
    """Return the answer of `/apis/NAME`, None for a group that is not served."""
    for group in api_groups()["groups"]:
        if group["name"] == name:
            return {"kind": "APIGroup", "apiVersion": "v1", **group}
    return None


def _entries(resource: Resource) -> list[Json]:
    entry: Json = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": sorted(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.all_category:
        entry["categories"] = ["all"]
    kinds = {
        "eviction": {"group": "policy", "version": "v1", "kind": "Eviction"},
        "scale": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
    }
    parts = [
        {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            **kinds.get(name, {"kind": resource.kind}),
            "verbs": sorted(verbs),
        }
        for name, verbs in resource.subresources
    ]
    return [entry, *parts]


def api_resources(group: str, version: str) -> Json | None:
    """Return the resource list of a group and version, None where nothing is served."""
    found = [r for r in RESOURCES if (r.group, r.version) == (group, version)]
    if not found:
        return None
    return {
        "kind": "APIResourceList",
        **({"apiVersion": "v1"} if group else {}),
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [entry for resource in found for entry in _entries(resource)],
    }
