"""The API server's refusals, as values that know their HTTP code and `Status` object."""

from collections.abc import Sequence

from bot.playground.cluster.objects import Json
from bot.playground.cluster.resources import Resource


class Refusal(Exception):
    """A request that the API server answers with a `Status` of failure."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.continue_token: str | None = None

    def status(self) -> Json:
        """Return the `Status` object of the answer."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def _details(resource: Resource, name: str) -> Json:
    details = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in details.items() if value}


def not_found(resource: Resource, name: str) -> Refusal:
    """There is no object of that name."""
    return Refusal(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def already_exists(resource: Resource, name: str) -> Refusal:
    """An object of that name is there already."""
    return Refusal(
        409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', _details(resource, name)
    )


def conflict(resource: Resource, name: str, why: str, *, by_kind: bool = False) -> Refusal:
    """A precondition does not hold; deletions name the kind, updates the resource, as the API server does."""
    qualified = resource.kind if by_kind else resource.qualified
    details = {"name": name, "kind": resource.kind} if by_kind else _details(resource, name)
    return Refusal(409, "Conflict", f'Operation cannot be fulfilled on {qualified} "{name}": {why}', details)


def unknown_path() -> Refusal:
    """The group is served, the resource is not."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> Refusal:
    """The resource does not take this verb."""
    return Refusal(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
    )


def bad_request(message: str) -> Refusal:
    """The request cannot be understood."""
    return Refusal(400, "BadRequest", message)


def invalid(kind: str, name: str, causes: Sequence[tuple[str, str, str]], *, group: str = "") -> Refusal:
    """The object does not validate; causes are (reason, message, field)."""
    listed = [{"reason": reason, "message": message, "field": field} for reason, message, field in causes]
    texts = [f"{field}: {message}" for _, message, field in causes]
    summary = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    qualified = f"{kind}.{group}" if group else kind
    details = {"name": name, "group": group, "kind": kind, "causes": listed}
    return Refusal(
        422,
        "Invalid",
        f'{qualified} "{name}" is invalid: {summary}',
        {key: value for key, value in details.items() if value},
    )


def unauthorized() -> Refusal:
    """No credentials, or wrong ones."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def forbidden(
    resource: Resource, name: str, *, user: str, verb: str, namespace: str, subresource: str
) -> Refusal:
    """RBAC says no: the text is that of the API server's authoriser."""
    what = f"{resource.plural}/{subresource}" if subresource else resource.plural
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    named = f' "{name}"' if name else ""
    message = (
        f'{resource.qualified}{named} is forbidden: User "{user}" cannot {verb} resource "{what}" '
        f'in API group "{resource.group}" {scope}'
    )
    return Refusal(403, "Forbidden", message, _details(resource, name))


def expired(message: str) -> Refusal:
    """The history asked for has been compacted."""
    return Refusal(410, "Expired", message)


def too_large_version(wanted: int, current: int) -> Refusal:
    """A resource version from the future."""
    return Refusal(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        {
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
    )


def too_many_requests(message: str, *, cause: tuple[str, str] | None = None, retry_after: int = 0) -> Refusal:
    """The server, or a disruption budget, says: not now."""
    details: Json = {}
    if cause:
        details["causes"] = [{"reason": cause[0], "message": cause[1]}]
    if retry_after:
        details["retryAfterSeconds"] = retry_after
    return Refusal(429, "TooManyRequests", message, details)


def internal_error(message: str) -> Refusal:
    """The server itself failed."""
    return Refusal(
        500, "InternalError", f"Internal error occurred: {message}", {"causes": [{"message": message}]}
    )
