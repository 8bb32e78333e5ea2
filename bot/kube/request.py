"""Requests to the API server as values: where they go, and how messages speak of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from bot.errors import InvalidRequest
from bot.model.pods import ALL_NAMESPACES

# RFC 1123 subdomain, as k8s.io/apimachinery validates object names. Checked before a name becomes part of
# a path: `..` would otherwise ask for something else than was meant.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to an API server, as it is sent, and how its failure is put into words."""

    method: Literal["GET", "POST", "PATCH", "DELETE"] = "GET"
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: dict[str, object] | None = None
    content_type: str = "application/json"
    """Of the body; a patch says here of which kind it is."""
    doing: str
    """Completes "does not let the bot …"."""
    subject: str = "such resource"
    """What a 404 or 409 speaks of."""
    addition: str = ""
    """What a cluster may do without, and this request needs: `metrics.k8s.io (the metrics server)`."""

    @property
    def changes(self) -> bool:
        """Whether it changes anything, so that it must not be repeated, nor its failure called harmless."""
        return self.method != "GET"

    @property
    def target(self) -> str:
        """Path and query, quoted, to be put behind the server's address."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path


def collection(resource: str, namespace: str) -> str:
    """The path of a core resource's collection in a namespace, or across all."""
    if namespace == ALL_NAMESPACES:
        return f"/api/v1/{resource}"
    return f"/api/v1/namespaces/{checked(namespace, 'namespace')}/{resource}"


def pod_path(namespace: str, name: str) -> str:
    """The path of one pod."""
    if namespace == ALL_NAMESPACES:
        raise InvalidRequest("A pod is asked for in one namespace, not in all. Nothing was changed.")
    return f"{collection('pods', namespace)}/{checked(name, 'pod')}"


def usage_request(namespace: str, pod: str = "", selector: str = "") -> Request:
    """The request for what pods use: those of a namespace (or of all), or one."""
    where = f"/namespaces/{checked(namespace, 'namespace')}" if namespace != ALL_NAMESPACES else ""
    one = f"/{checked(pod, 'pod')}" if pod else ""
    if pod and not where:
        raise InvalidRequest("A pod is asked for in one namespace, not in all. Nothing was changed.")
    return Request(
        path=f"/apis/metrics.k8s.io/v1beta1{where}/pods{one}",
        query=(("labelSelector", selector),) if selector else (),
        doing=f"tell what {f'pod {pod}' if pod else 'the pods'} in {place(namespace)} use",
        subject=f"figures of pod `{pod}` in {namespace}",
        addition="metrics.k8s.io (the metrics server)",
    )


def checked(name: str, kind: str) -> str:
    """The name, if Kubernetes could have an object so called; else raises InvalidRequest."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"`{name[:300]}` cannot be the name of a {kind}: lower-case letters, digits, `-` and `.` only. "
            "Nothing was changed."
        )
    return name


def place(namespace: str) -> str:
    """The namespace as messages say it."""
    return "all namespaces" if namespace == ALL_NAMESPACES else namespace
