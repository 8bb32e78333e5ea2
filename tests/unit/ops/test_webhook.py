"""A webhook is told, in bounded time, and its address is told to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.ops.webhook import IncomingWebhook, WebhookFailed, post_json


@dataclass(slots=True)
class Hook:
    url: SecretStr
    answers: list[web.Response] = field(default_factory=list)
    bodies: list[object] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        return self.answers.pop(0) if self.answers else web.Response(text="ok")


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    served, one = web.Application(), Hook(SecretStr(""))
    served.router.add_post("/services/T/B/secret", one.take)
    async with TestServer(served) as server:
        one.url = SecretStr(str(server.make_url("/services/T/B/secret")))
        yield one


async def test_a_text_arrives_with_nothing_in_it_that_slack_would_obey(hook: Hook) -> None:
    """Words of pods mention nobody."""
    await IncomingWebhook(hook.url).tell("<!channel> & more")
    assert hook.bodies == [{"text": "&lt;!channel&gt; &amp; more"}]


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        pytest.param(302, False, id="a redirect"),
        pytest.param(404, False, id="gone"),
        pytest.param(429, True, id="too fast"),
        pytest.param(503, True, id="down"),
    ],
)
async def test_what_is_not_taken_is_told_by_kind(hook: Hook, status: int, passing: bool) -> None:
    """No redirect is followed: the next host would learn the secret."""
    headers = {"Retry-After": "7", "Location": hook.url.get_secret_value()}
    hook.answers.append(web.Response(status=status, text="why", headers=headers))
    with pytest.raises(WebhookFailed) as caught:
        await post_json(hook.url, {})
    assert (caught.value.passing, caught.value.status, caught.value.answer) == (passing, status, "why")
    assert caught.value.retry_after == 7
    assert len(hook.bodies) == 1


async def test_no_answer_is_worth_another_try_and_does_not_name_the_address() -> None:
    """The address is a secret, and errors are logged."""
    with pytest.raises(WebhookFailed) as caught:
        await post_json(SecretStr("http://127.0.0.1:9/services/secret"), {})
    assert caught.value.passing
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
