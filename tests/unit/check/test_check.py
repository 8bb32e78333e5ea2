"""`podbot check` says what is wrong before it matters, one line each, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

from bot import cli
from bot.check import command
from bot.check.findings import Finding, Level, are_right
from bot.errors import ClusterError, PodbotError
from bot.model.pods import ClusterName, ClusterUid
from bot.playground.workspace import Running, Workspace, demo_settings, serve
from bot.settings import SettingsWrong
from bot.store import identities
from bot.store.store import open_store
from tests.support.clock import HeldClock
from tests.support.routes import SECRETS, WHOLE
from tests.support.stores import Entries
from tests.unit.kube.servers import http_server

POLICY = """\
version: 1
roles: {all: [{verbs: [list, logs, delete], namespaces: ["*"]}]}
bindings: [{role: all, everyone: true}]
"""
POD = {
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "labels": {"tier": "front", "pod-template-hash": "7d4b9c"},
        "annotations": {"podbot.io/channel": "C0TEAMA", "podbot.io/owner": "team\u001b[31m shop"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-7d4b9c", "uid": "u", "controller": True}],
    },
    "spec": {"containers": []},
}

Allows = Callable[[dict[str, str]], bool]


@asynccontextmanager
async def api_server(
    allows: Allows = lambda _: True, *, reviews: bool = True, identified: bool = True
) -> AsyncIterator[str]:
    """An API server that lists no pods, has one, answers access reviews, and says which cluster it is of."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/selfsubjectaccessreviews") and reviews:
            asked = (await request.json())["spec"]["resourceAttributes"]
            return web.json_response({"status": {"allowed": allows(asked)}}, status=201)
        if request.path.endswith("/pods"):
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})
        if request.path.endswith("/pods/web-1"):
            return web.json_response(POD)
        if request.path == "/api/v1/namespaces/kube-system" and identified:
            return web.json_response({"metadata": {"name": "kube-system", "uid": "uid-of-prod"}})
        if request.path in {"/api/v1/namespaces/shop", "/api/v1/namespaces/cart"}:
            return web.json_response({"metadata": {"name": request.path.rpartition("/")[2]}})
        return web.json_response({"kind": "Status", "code": 404, "message": "no"}, status=404)

    async with http_server(answer) as url:
        yield url


@asynccontextmanager
async def workspace() -> AsyncIterator[Running]:
    async with serve(Workspace(demo_settings())) as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """All that podbot needs, with nobody there to answer."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    app = demo_settings().app
    return {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "SLACK_API_URL": "http://127.0.0.1:9/",
        "PODBOT_ALERT_CHANNEL": demo_settings().channels[0].id,
        "PODBOT_KUBE_API_URL": "http://127.0.0.1:9",
        "PODBOT_POLICY": str(tmp_path / "policy.yaml"),
        "PODBOT_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/podbot.db",
        **SECRETS,
    }


async def found(environment: dict[str, str], *, offline: bool = False) -> list[str]:
    findings = await command.check(environment, HeldClock(), offline=offline)
    return [str(each) for each in findings]


def with_config(environment: dict[str, str], tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "podbot.yaml").write_text(text)
    return environment | {"PODBOT_CONFIG": str(tmp_path / "podbot.yaml")}


async def test_all_is_right(environment: dict[str, str], tmp_path: Path) -> None:
    """Everything answers: every line says ok, and nothing was made."""
    async with workspace() as slack, api_server() as url:
        findings = await command.check(
            environment | {"SLACK_API_URL": slack.api_url, "PODBOT_KUBE_API_URL": url},
            HeldClock(),
            offline=False,
        )
    assert {each.level for each in findings} == {Level.OK}, findings
    subjects = [each.subject for each in findings]
    assert subjects[:4] == ["environment", "KUBECONFIG", "PODBOT_POLICY", "PODBOT_CONFIG"]
    assert {"slack", "PODBOT_DATABASE_URL"} <= set(subjects)
    assert not (tmp_path / "podbot.db").exists()


async def test_a_misspelt_variable_is_pointed_at(environment: dict[str, str]) -> None:
    """Else its value has no effect, and nobody hears of it. What Kubernetes sets is no slip of the pen."""
    kubernetes = {
        "PODBOT_SERVICE_HOST": "10.0.0.1",
        "PODBOT_SERVICE_PORT_HTTP": "80",
        "PODBOT_PORT": "tcp://10.0.0.1:80",
        "PODBOT_PORT_80_TCP_ADDR": "10.0.0.1",
        "KUBERNETES_PORT": "tcp://10.0.0.1:443",
    }
    slips = {"PODBOT_DATABSE_URL": "postgresql://db/podbot", "PODBOT_NAMESPACE": "shop"}
    lines = await found(environment | kubernetes | slips, offline=True)
    assert [line for line in lines if "no setting is called so" in line] == [
        "warn   PODBOT_DATABSE_URL: has no effect: no setting is called so; is it PODBOT_DATABASE_URL?",
        "warn   PODBOT_NAMESPACE: has no effect: no setting is called so; is it PODBOT_NAMESPACES?",
    ]


async def test_nothing_answers(environment: dict[str, str]) -> None:
    """Each part that is away is one line, and the others are looked at all the same."""
    lines = await found(environment)
    assert [each for each in lines if each.startswith("wrong")] == [
        "wrong  127.0.0.1:9: 127.0.0.1:9 does not answer (connection refused). Nothing was changed.",
        "wrong  slack: Slack does not answer at http://127.0.0.1:9/: "
        "see whether it can be reached from here, and what SLACK_API_URL says",
    ]


async def test_every_mistake_of_every_file_is_listed(environment: dict[str, str], tmp_path: Path) -> None:
    """Variables, kubeconfig, policy and configuration, without asking anybody."""
    (tmp_path / "policy.yaml").write_text(POLICY.replace("logs", "lgos"))
    routes = "version: 1\nroutes:\n  - {channel: shop}\n  - {mtue: true}\n"
    mistaken = with_config(environment, tmp_path, routes)
    del mistaken["SLACK_BOT_TOKEN"], mistaken["PODBOT_KUBE_API_URL"]
    mistaken["KUBECONFIG"] = str(tmp_path / "none")
    lines = await found(mistaken, offline=True)
    starts = [each.split(":")[0] for each in lines]
    assert starts == [
        "wrong  SLACK_BOT_TOKEN",
        "wrong  KUBECONFIG",
        "wrong  PODBOT_POLICY",
        *["wrong  PODBOT_CONFIG"] * 2,
    ]
    assert "podbot.yaml: line 3: routes.0.channel.0: must be a channel's Slack id" in lines[3]


@pytest.mark.parametrize(
    ("changed", "clusters"),
    [
        pytest.param({"PODBOT_CLUSTER_NAME": "prod eu"}, ["127.0.0.1:9"], id="name"),
        pytest.param({"PODBOT_KUBE_API_URL": "127.0.0.1:8001"}, [], id="address"),
        pytest.param({"PODBOT_KUBE_CONTEXTS": ",", "PODBOT_KUBE_API_URL": ""}, [], id="contexts"),
    ],
)
async def test_one_wrong_variable_makes_no_other_one_look_wrong(
    environment: dict[str, str], changed: dict[str, str], clusters: list[str]
) -> None:
    """What is right is read all the same; no cluster is named where nobody can tell which one is meant."""
    lines = await found(environment | changed, offline=True)
    name = next(iter(changed))
    assert [each.split(":")[0] for each in lines if each.startswith("wrong")] == [f"wrong  {name}"]
    assert any(each.startswith("ok     PODBOT_POLICY") for each in lines), lines
    said = [each.partition("clusters: ")[2] for each in lines if "KUBECONFIG" in each]
    assert said == clusters


async def test_a_store_whose_folder_is_not_there(environment: dict[str, str], tmp_path: Path) -> None:
    """podbot makes a file and no folder: the path may be a mistake."""
    lines = await found(environment | {"PODBOT_DATABASE_URL": f"sqlite:///{tmp_path / 'none' / 'podbot.db'}"})
    assert lines[-1] == (
        f"wrong  PODBOT_DATABASE_URL: {tmp_path / 'none'}: there is no such folder to put the store into"
    )


async def test_what_has_no_effect_is_pointed_out(environment: dict[str, str], tmp_path: Path) -> None:
    """Routes behind one that takes everything, and plans and webhooks that nothing names."""
    text = WHOLE.replace("  - name: sandbox", "  - {name: all, channel: C01}\n  - name: sandbox")
    text = text.replace("      - {after: 40m, webhook: hook}\n", "")
    text = text.replace("escalation: on-call", "mute: false")
    lines = await found(with_config(environment, tmp_path, text), offline=True)
    assert [each.partition("PODBOT_CONFIG: ")[2] for each in lines if each.startswith("warn")] == [
        "route 3 `sandbox` is never reached: route 2 takes everything",
        "route 4 `shop-critical` is never reached: route 2 takes everything",
        "route 5 `night` is never reached: route 2 takes everything",
        "escalation `on-call` is named by no route",
        "webhook `hook` is called by no escalation",
    ]


async def test_a_role_that_nobody_has_is_pointed_out(environment: dict[str, str], tmp_path: Path) -> None:
    """Whoever was to have it would be refused, and nobody would know why."""
    spare = POLICY.replace("}]}\n", "}], spare: [{verbs: [list], namespaces: [shop]}]}\n", 1)
    (tmp_path / "policy.yaml").write_text(spare)
    lines = await found(environment, offline=True)
    assert [each for each in lines if each.startswith("warn")] == [
        "warn   PODBOT_POLICY: role `spare` is given to nobody"
    ]


async def test_what_is_not_as_the_defaults_have_it_is_said(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Who wonders why an alert came late looks here; of the defaults there is nothing to say."""
    text = "version: 1\ntimings: {not_ready: 20m, image_pull: 1m}\nlimits: {incidents_a_minute: 5}\n"
    lines = await found(with_config(environment, tmp_path, text), offline=True)
    assert (
        "ok     PODBOT_CONFIG: times and limits other than the defaults: "
        "not_ready 20m (10m), incidents_a_minute 5 (10)"
    ) in lines
    usual = await found(with_config(environment, tmp_path, "version: 1\n"), offline=True)
    assert not any("defaults" in each for each in usual)


async def test_rights_that_are_missing_are_named_with_what_they_cost(environment: dict[str, str]) -> None:
    """By namespace; a right that only a grant of the policy needs is asked for where there is one."""

    def allows(asked: dict[str, str]) -> bool:
        no_logs = asked["subresource"] == "log" and asked["namespace"] == "cart"
        return not (no_logs or asked["verb"] in {"watch", "delete"} or asked["resource"] == "nodes")

    async with api_server(allows) as url:
        lines = await found(environment | {"PODBOT_KUBE_API_URL": url, "PODBOT_NAMESPACES": "shop,cart"})
    name = url.removeprefix("http://")
    assert [each for each in lines if name in each and "KUBECONFIG" not in each] == [
        f"wrong  {name}: does not let podbot watch pods in shop, cart: podbot sees no death",
        f"warn   {name}: does not let podbot get pods/log in cart: there are no logs, in alerts neither",
        f"warn   {name}: does not let podbot get nodes in all namespaces: "
        "alerts do not say what is wrong with a node",
        f"warn   {name}: does not let podbot delete pods in shop, cart: "
        "nobody can delete, though the policy grants it",
    ]


async def test_a_namespace_that_is_not_there_is_pointed_out(environment: dict[str, str]) -> None:
    """Access reviews say yes for any name, and nothing ever dies in a namespace that nobody has."""
    async with api_server() as url:
        lines = await found(environment | {"PODBOT_KUBE_API_URL": url, "PODBOT_NAMESPACES": "shop,shp"})
    name = url.removeprefix("http://")
    assert [each for each in lines if each.startswith("warn")] == [
        f"warn   {name}: has no namespace shp, which PODBOT_NAMESPACES names: "
        "nothing is seen there until it has"
    ]


async def test_a_cluster_that_answers_no_reviews_is_not_called_wrong(environment: dict[str, str]) -> None:
    """`kubectl proxy` and old clusters: what it allows is then not known."""
    async with api_server(reviews=False) as url:
        lines = await found(environment | {"PODBOT_KUBE_API_URL": url})
    assert any("answers, but cannot be asked what it allows" in each for each in lines)


async def test_a_cluster_that_does_not_say_which_it_is(environment: dict[str, str]) -> None:
    """Nothing is wrong with that, but nobody would notice another cluster in its place."""
    async with api_server(identified=False) as url:
        lines = await found(environment | {"PODBOT_KUBE_API_URL": url, "PODBOT_CLUSTER_NAME": "prod-eu"})
    assert [each.split(" (")[0] for each in lines if "prod-eu" in each and "KUBECONFIG" not in each] == [
        "warn   prod-eu: podbot would not notice another cluster under this name: "
        "No namespace `kube-system` on prod-eu. Nothing was changed.",
        "ok     prod-eu: answers, and allows all that podbot needs",
    ]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        pytest.param("uid-of-prod", [], id="the-same"),
        pytest.param(
            "uid-of-another",
            [
                "wrong  prod-eu: the store holds another cluster's incidents under the name prod-eu "
                "(kube-system has UID uid-of-a… there, uid-of-p… here): give this cluster another name "
                "(PODBOT_CLUSTER_NAME, or its context's) or podbot another database"
            ],
            id="another",
        ),
    ],
)
async def test_a_name_that_stands_for_another_cluster_in_the_store(
    environment: dict[str, str], held: str, said: list[str]
) -> None:
    """`podbot run` would neither watch nor announce it. Nothing is written, also beside a bot that runs."""
    url, name = environment["PODBOT_DATABASE_URL"], ClusterName("prod-eu")
    async with api_server() as cluster, open_store(url, clock=HeldClock(), audit_log=Entries()) as store:
        await store.identities.holder(name, ClusterUid(held))
        asked = environment | {"PODBOT_KUBE_API_URL": cluster, "PODBOT_CLUSTER_NAME": name}
        lines = await found(asked)
        assert await identities.holders(store.database) == {name: held}
    about = [each for each in lines if "prod-eu" in each and "KUBECONFIG" not in each]
    assert about == [*said, "ok     prod-eu: answers, and allows all that podbot needs"]


async def test_a_store_that_is_empty_stays_empty(environment: dict[str, str], tmp_path: Path) -> None:
    """The names that it would hold are nobody's yet, and looking gives them to nobody."""
    (tmp_path / "podbot.db").touch()
    async with api_server() as url:
        lines = await found(environment | {"PODBOT_KUBE_API_URL": url})
    assert any(each.startswith("warn   PODBOT_DATABASE_URL") and "schema none" in each for each in lines)
    assert (tmp_path / "podbot.db").stat().st_size == 0


async def test_every_channel_that_is_named_is_looked_at(environment: dict[str, str], tmp_path: Path) -> None:
    """With what names it: one that is not there would swallow alerts."""
    async with workspace() as slack, api_server() as url:
        lines = await found(
            with_config(environment, tmp_path, WHOLE)
            | {"SLACK_API_URL": slack.api_url, "PODBOT_KUBE_API_URL": url}
        )
    wrong = [each for each in lines if each.startswith("wrong  slack")]
    assert [each.split(": ")[1] for each in wrong if "channel" in each] == [
        "channel C02ARCHIVE, route archive",
        "channel C03SHOP, route shop-critical",
        "channel C04NIGHT, route night",
        "channel C05DUTY, route night",
        "channel C06BACKUP, escalation on-call",
    ]


async def test_people_and_groups_that_are_named_are_looked_at(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Whoever is not there is called in vain, and nobody would hear of it before the alert."""
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nroles: {all: [{verbs: [list], namespaces: ['*']}]}\n"
        "bindings: [{role: all, users: [U01ALICE, U99BOB], usergroups: [S01ONCALL, S99NOBODY]}]\n"
    )
    async with workspace() as slack:
        lines = await found(environment | {"SLACK_API_URL": slack.api_url})
    assert [each for each in lines if "role all" in each] == [
        "ok     slack: person U01ALICE, role all of the policy: is there",
        "wrong  slack: person U99BOB, role all of the policy: nobody in this workspace has this id",
        "ok     slack: user group S01ONCALL, role all of the policy: is there",
        "wrong  slack: user group S99NOBODY, role all of the policy: no user group in use has this id",
    ]


async def test_without_the_scope_it_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    """Once for all of them, with the scope that is missing."""
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nroles: {all: [{verbs: [list], namespaces: ['*']}]}\n"
        "bindings: [{role: all, usergroups: [S01ONCALL, S99NOBODY]}]\n"
    )
    settings = demo_settings()
    scopes = settings.app.scopes - {"usergroups:read"}
    without = replace(settings, app=replace(settings.app, scopes=scopes))
    async with serve(Workspace(without)) as slack:
        lines = await found(environment | {"SLACK_API_URL": slack.api_url})
    assert (
        "warn   slack: user groups S01ONCALL, S99NOBODY: Slack answered missing_scope, "
        "needs the scope usergroups:read"
    ) in lines


async def test_where_an_alert_would_go_and_why(environment: dict[str, str], tmp_path: Path) -> None:
    """For each cause that makes a difference; what the pod says cannot reach the terminal."""
    environment = with_config(environment, tmp_path, WHOLE.replace("[prod-*]", "[other]"))
    async with api_server() as url:
        said = await command.explain(
            environment | {"PODBOT_KUBE_API_URL": url}, HeldClock(), "shop/web-1", ""
        )
    assert "web-1 · deployment/web in shop" in said
    assert "Its alerts go to #C03SHOP, by route shop-critical." in said
    assert "podbot.io/channel on the pod is ignored: the configuration does not allow it in shop." in said
    assert "\u001b" not in said


async def test_questions_about_routes_that_cannot_be_answered(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A pod or cluster that is not there, or a file with mistakes: said as such."""
    async with api_server() as url:
        there = environment | {"PODBOT_KUBE_API_URL": url}
        with pytest.raises(ClusterError):
            await command.explain(there, HeldClock(), "shop/nobody", "")
        with pytest.raises(PodbotError, match="NAMESPACE/POD"):
            await command.explain(there, HeldClock(), "web-1", "")
        with pytest.raises(PodbotError, match="no cluster is called 'x'"):
            await command.explain(there, HeldClock(), "shop/web-1", "x")
        with pytest.raises(SettingsWrong, match=r"PODBOT_CONFIG: .*line 1"):
            await command.explain(with_config(there, tmp_path, "a: 1"), HeldClock(), "shop/web-1", "")


def test_the_command_line(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 where something is wrong, 0 otherwise."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    right = CliRunner().invoke(cli.main, ["check", "--offline"])
    assert right.exit_code == 0, right.output
    assert right.output.splitlines()[0] == "ok     environment: all that podbot needs is set"
    monkeypatch.setenv("PODBOT_ALERT_CHANNEL", "#alerts")
    wrong = CliRunner().invoke(cli.main, ["check", "--offline"])
    assert wrong.exit_code == 2
    assert wrong.output.startswith("wrong  PODBOT_ALERT_CHANNEL: must be a channel's id")
    assert CliRunner().invoke(cli.main, ["check", "--offline", "--route", "a/b"]).exit_code == 2


def test_only_what_is_wrong_counts() -> None:
    """A warning is no failure."""
    assert are_right([Finding(Level.OK, "a", "b"), Finding(Level.WARN, "a", "b")])
    assert not are_right([Finding(Level.WRONG, "a", "b")])
