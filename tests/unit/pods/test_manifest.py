"""Pods as JSON and YAML, without secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from bot.model.commands import Form
from bot.pods import manifest

POD: dict[str, Any] = {
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": '{"env":[{"value":"hunter22"}]}',
            "team": "shop",
            "vault/token": "s.hunter22",
        },
    },
    "spec": {
        "volumes": [
            {"name": "tls", "secret": {"secretName": "web-tls"}},
            {"name": "share", "flexVolume": {"options": {"mountOptions": "rw", "password": "hunter22"}}},
        ],
        "containers": [
            {
                "name": "app",
                "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": "hunter22"}]}},
                "args": ["--verbose", "--password", "hunter22", "--db=postgres://u:hunter22@db/shop"],
                "env": [
                    {"name": "DB_PWD", "value": "hunter22"},
                    {"name": "API_KEY", "value": "hunter22"},
                    {"name": "CONFIG", "value": '{"password": "hunter22"}'},
                    {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                    {"name": "ODD_PASSWORD", "value": "-hunter22"},
                    {"name": "LEVEL", "value": "debug"},
                    {"name": "EMPTY_TOKEN", "value": ""},
                ],
            }
        ],
    },
    "status": {"message": "token=hunter22hunter22"},
}


def read(form: Form, *, alone: bool, pods: int = 1) -> tuple[Any, int, str]:
    content, masked = manifest.written([json.dumps(POD).encode()] * pods, form, alone=alone)
    text = content.decode()
    return (json.loads(text) if form is Form.JSON else yaml.safe_load(text)), masked, text


@pytest.mark.parametrize("form", [Form.JSON, Form.YAML])
def test_no_secret_is_left_in_it(form: Form) -> None:
    """Wherever it stands: environment, arguments, annotations, messages, the last applied configuration."""
    pod, masked, text = read(form, alone=True)
    assert "hunter22" not in text
    assert masked == 10
    assert pod["spec"]["volumes"][0]["secret"] == {"secretName": "web-tls"}
    assert "managedFields" not in text
    assert "last-applied" not in text
    (app,) = pod["spec"]["containers"]
    values = {each["name"]: each.get("value") for each in app["env"]}
    assert values["LEVEL"] == "debug"
    assert values["EMPTY_TOKEN"] == ""
    assert app["env"][3]["valueFrom"] == {"secretKeyRef": {"name": "db", "key": "password"}}
    assert app["args"][:3] == ["--verbose", "--password", "[masked]"]
    assert pod["metadata"]["annotations"] == {"team": "shop", "vault/token": "[masked]"}


def test_several_come_as_a_list_and_one_that_was_named_alone() -> None:
    """As kubectl has it, with kind and version on each."""
    assert read(Form.YAML, alone=True)[0]["kind"] == "Pod"
    several, _, text = read(Form.YAML, alone=False, pods=2)
    assert (several["kind"], len(several["items"]), several["items"][1]["apiVersion"]) == ("List", 2, "v1")
    assert "&id" not in text, "equal parts are written out, not referred to"
