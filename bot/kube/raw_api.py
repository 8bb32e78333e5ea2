"""Reading the API by path: one GET, its answer as it comes, within bounds."""

from __future__ import annotations

from bot.errors import InvalidRequest
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request
from bot.model.api_path import ApiPath


async def read(api: ApiServer, path: ApiPath, *, within: float, limit_bytes: int) -> bytes:
    """What the API server answers, whole; `InvalidRequest` where that is more than `limit_bytes`."""
    request = Request(path=path.path, query=path.query, doing=f"read {path.path}", subject=f"`{path.path}`")
    answer = await api.fetch(request, deadline=Deadline(within), cut_at=limit_bytes)
    if answer.cut:
        raise InvalidRequest(
            f"{api.name} answers `{path.path}` with more than {limit_bytes >> 20} MiB, and podbot reads no "
            "more at once. Nothing was changed. Ask for less: one object, or `?labelSelector=…`, `?limit=…`."
        )
    return answer.body
