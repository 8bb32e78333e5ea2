"""A thin HTTP client of the tests, so that they speak of requests and answers only."""

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    code: int
    text: str
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def message(self) -> str:
        return str(self.body["message"])


class ApiClient:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def request(self, method: str, path: str, body: object = None, **options: Any) -> Answer:
        params = {key: str(value) for key, value in options.pop("params", {}).items()}
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        async with self.session.request(method, path, data=data, params=params, headers=headers) as answer:
            return Answer(code=answer.status, text=await answer.text(), headers=dict(answer.headers))

    async def get(self, path: str, *, headers: dict[str, str] | None = None, **params: object) -> Answer:
        return await self.request("GET", path, params=params, headers=headers or {})

    async def watch(self, path: str, *, headers: dict[str, str] | None = None, **params: object) -> list[Any]:
        """Open a watch of one second and return its events."""
        answer = await self.get(path, headers=headers, watch=1, **{"timeoutSeconds": 1, **params})
        return [json.loads(line) for line in answer.text.splitlines()]
