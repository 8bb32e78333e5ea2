"""Reading the API by path: allowed by the policy, checked again, masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.errors import UserError
from bot.model.commands import ReadRaw
from bot.model.debugging import RawAnswer
from bot.model.problems import Refused
from bot.pods.audit import Outcome
from tests.unit.pods.conftest import Desk

CONFIGMAPS = "/api/v1/namespaces/shop/configmaps"
POLICY = f"""\
version: 1
roles:
  on-call:
    - {{verbs: [raw], namespaces: [shop], paths: [{CONFIGMAPS}, "/api/v1/namespaces/*/*/*"]}}
    - {{verbs: [raw], namespaces: ["*"], paths: [/api/v1/nodes]}}
bindings:
  - {{role: on-call, users: [U01ALICE]}}
"""


async def read(desk: Desk, path: str) -> RawAnswer:
    answer = await desk.ask(ReadRaw(path=path))
    assert isinstance(answer, RawAnswer)
    return answer


@pytest.fixture
def reading(desk: Desk) -> Desk:
    desk.rule(POLICY)
    return desk


def put(desk: Desk, path: str, value: Any) -> None:
    desk.cluster.paths[path] = json.dumps(value).encode()


async def test_a_list_is_answered_with_its_secrets_masked(reading: Desk) -> None:
    """What is named like a secret, looks like one, or stands in an environment; bookkeeping is left out."""
    applied = '{"data":{"password":"hunter2secret"}}'
    item = {
        "metadata": {
            "name": "web",
            "managedFields": [{"manager": "x"}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied},
        },
        "data": {"DB_PASSWORD": "hunter2secret", "mode": "fast", "app.ini": "api_key=abcdef0123456789\nx=1"},
        "spec": {"env": [{"name": "API_TOKEN", "value": "t0k3nt0k3n"}, {"name": "A", "value": "b"}]},
    }
    put(reading, CONFIGMAPS, {"kind": "ConfigMapList", "items": [item]})
    answer = await read(reading, f"{CONFIGMAPS}?limit=5")
    assert (answer.kind, answer.items, answer.path) == ("ConfigMapList", 1, CONFIGMAPS)
    (found,) = json.loads(answer.content)["items"]
    assert found["data"] == {
        "DB_PASSWORD": "[masked]",
        "mode": "fast",
        "app.ini": "api_key=[masked]\nx=1",
    }
    assert found["spec"]["env"][0]["value"] == "[masked]"
    assert answer.masked == 3
    assert b"hunter2" not in answer.content
    assert b"managedFields" not in answer.content
    assert reading.cluster.calls == [f"read_path {CONFIGMAPS} (('limit', '5'),)"]
    entry = reading.audited
    assert (entry.verb, entry.object, entry.outcome) == ("raw", CONFIGMAPS, Outcome.DONE)


async def test_a_secret_in_an_object_of_any_kind(reading: Desk) -> None:
    """The name of the field tells, as that of a variable does; what only names a secret may be read."""
    put(
        reading,
        "/api/v1/namespaces/shop/things/x",
        {
            "kind": "Database",
            "metadata": {"annotations": {"vault/token": "s.hunter22"}},
            "spec": {
                "adminPassword": "hunter22",
                "parameters": [{"name": "rootPassword", "value": "hunter22"}],
                "storage": {"api-key": "hunter22", "secretName": "db-login"},
                "containers": [{"args": ["--password", "hunter22"]}],
                "passwords": ["hunter22"],
                "tokenTTL": 30,
            },
        },
    )
    answer = await read(reading, "/api/v1/namespaces/shop/things/x")
    assert b"hunter22" not in answer.content
    assert answer.masked == 6
    assert json.loads(answer.content)["spec"]["storage"]["secretName"] == "db-login"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/api/v1/namespaces/shop/secrets/db", "never read", id="secrets-whatever-the-policy"),
        pytest.param("/api/v1/namespaces/shop/%73ecrets/db", "plain spelling", id="encoded"),
        pytest.param("/api/v1/namespaces/shop/pods/x/../../secrets/db", "plain spelling", id="dots"),
        pytest.param("/api/v1/namespaces/shop/services/web/proxy", "Of an object's parts", id="proxy"),
        pytest.param(f"{CONFIGMAPS}?watch=1", "no parameter", id="watch"),
        pytest.param("/api/v1/namespaces/payments/configmaps", "/api/v1/nodes only", id="another-namespace"),
        pytest.param("/api/v1/configmaps", "/api/v1/nodes only", id="all-namespaces"),
        pytest.param("/apis/apps/v1/deployments", "/api/v1/nodes only", id="path-not-listed"),
    ],
)
async def test_what_is_refused(reading: Desk, path: str, says: str) -> None:
    """Nothing is asked of the cluster, and the try is on record."""
    with pytest.raises(Refused, match=says):
        await reading.ask(ReadRaw(path=path))
    assert reading.cluster.calls == []
    entry = reading.audited
    assert (entry.outcome, entry.allowed, entry.verb) == (Outcome.REFUSED, False, "raw")
    assert entry.object == path


async def test_a_secret_by_another_name(reading: Desk) -> None:
    """Should a path lead to one all the same, it is not shown."""
    put(reading, "/api/v1/namespaces/shop/things/x", {"kind": "Secret", "data": {"a": "b"}})
    with pytest.raises(UserError, match="That would show a secret"):
        await read(reading, "/api/v1/namespaces/shop/things/x")


async def test_what_is_no_json(reading: Desk) -> None:
    """Text is masked as text."""
    reading.cluster.paths["/api/v1/nodes"] = b"password: hunter2secret\nok\xff"
    answer = await read(reading, "/api/v1/nodes")
    assert answer.content.decode() == "password: [masked]\nok\ufffd"
    assert (answer.kind, answer.items, answer.masked) == ("", None, 1)


async def test_only_served_namespaces(reading: Desk) -> None:
    """Where podbot serves one namespace, a path of all of them is refused."""
    served = Desk(served=("shop",))
    served.rule(POLICY)
    with pytest.raises(Refused, match="podbot serves only shop here"):
        await served.ask(ReadRaw(path="/api/v1/nodes"))
