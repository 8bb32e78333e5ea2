"""Answers in the server's place, as Slack and the Kubernetes API server phrase them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.playground.faults.actions import Answer
from bot.playground.faults.requests import Asked

_SLACK_ERRORS: Final = {
    401: "invalid_auth",
    403: "missing_scope",
    429: "ratelimited",
    503: "service_unavailable",
}
_KUBE_REASONS: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
_MESSAGES: Final = {
    410: "too old resource version: 1 (2)",
    429: "the server has received too many requests and has asked us to try again later",
}


def answer(action: Answer, asked: Asked) -> web.Response:
    """The answer that an action describes, to this request."""
    headers = dict(action.headers)
    if action.retry_after is not None:
        headers["Retry-After"] = str(action.retry_after)
    status, body, kind = action.status, _body(action, asked), "application/json"
    if isinstance(body, str):
        kind = "text/plain"
    elif action.as_event:
        status, body = 200, {"type": "ERROR", "object": body}
    text = body if isinstance(body, str) else json.dumps(body) + "\n"
    response = web.Response(status=status, text=text, content_type=kind)
    response.headers.update(headers)
    return response


def _body(action: Answer, asked: Asked) -> str | Mapping[str, Any]:
    if action.body is not None:
        return action.body
    if asked.slack:
        return {"ok": False, "error": action.error or _SLACK_ERRORS.get(action.status, "internal_error")}
    if asked.verb is not None or asked.path.startswith(("/api", "/version")):
        return _status(action)
    return f"{action.status} {action.error}".strip()


def _status(action: Answer) -> Mapping[str, Any]:
    """A failed request's body as the API server writes it (metav1.Status)."""
    details: dict[str, Any] = {}
    if action.retry_after is not None:
        details["retryAfterSeconds"] = action.retry_after
    reason = action.error or _KUBE_REASONS.get(action.status, "InternalError")
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": _MESSAGES.get(action.status, f"injected fault: {reason}"),
        "reason": reason,
        "code": action.status,
        **({"details": details} if details else {}),
    }
