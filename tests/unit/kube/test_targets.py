"""Which clusters are meant, and what is said when that cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.kube.connect import connect
from bot.kube.targets import ApiUrl, InCluster, KubeConfigProblem, KubeContext, cluster_name, targets
from bot.model.pods import ClusterName
from tests.unit.kube.kubeconfigs import IN_CLUSTER, Write, a_kubeconfig


class TestTargets:
    def test_the_current_context(self, write: Write) -> None:
        """Without a word the kubeconfig's current context is meant, with its namespace."""
        path = write(a_kubeconfig())
        assert targets(kubeconfig=path, environ={}) == (
            KubeContext(kubeconfig=path, context="prod", namespace="shop"),
        )

    def test_named_contexts(self, write: Write) -> None:
        """Named contexts are served in their order, each once."""
        found = targets(kubeconfig=write(a_kubeconfig()), contexts=("dev", "prod", "dev"), environ=IN_CLUSTER)
        assert [cluster_name(each) for each in found] == ["dev", "prod"]
        assert connect(found[0]).default_namespace == "default"
        assert connect(found[1]).default_namespace == "shop"

    def test_several_files(self, write: Write, tmp_path: Path) -> None:
        """Files joined as in KUBECONFIG are read together."""
        other = tmp_path / "other"
        config = a_kubeconfig()
        config["contexts"] = [{"name": "third", "context": {"cluster": "eu"}}]
        other.write_text(yaml.safe_dump(config))
        (found,) = targets(kubeconfig=f"{write(a_kubeconfig())}:{other}", contexts=("third",), environ={})
        assert cluster_name(found) == "third"

    def test_inside_a_cluster(self) -> None:
        """Where the kubelet names an API server, that one is meant."""
        (found,) = targets(environ=IN_CLUSTER)
        assert isinstance(found, InCluster)
        assert cluster_name(found) == "in-cluster"

    @pytest.mark.parametrize(
        ("url", "name"),
        [("http://127.0.0.1:8001", "127.0.0.1:8001"), ("https://user@kube.example/x/", "kube.example")],
    )
    def test_a_url(self, url: str, name: str) -> None:
        """A URL stands for itself, named by its host."""
        (found,) = targets(api_url=url, environ=IN_CLUSTER)
        assert isinstance(found, ApiUrl)
        assert cluster_name(found) == ClusterName(name)

    def test_a_name_of_ones_own(self, write: Write) -> None:
        """Where there is one cluster, it is called as it is told; several keep their contexts' names."""
        inside = targets(name="prod-eu", environ=IN_CLUSTER)
        proxied = targets(name="prod-eu", api_url="http://127.0.0.1:8001", environ={})
        alone = targets(name="prod-eu", kubeconfig=write(a_kubeconfig()), environ={})
        assert [cluster_name(*each) for each in (inside, proxied, alone)] == ["prod-eu"] * 3
        assert connect(*inside).name == "prod-eu"
        several = targets(name="x", kubeconfig=write(a_kubeconfig()), contexts=("dev", "prod"), environ={})
        assert [cluster_name(each) for each in several] == ["dev", "prod"]

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            pytest.param(
                {"contexts": ("prdo",)}, "has no context prdo; it has: broken, dev, prod", id="typo"
            ),
            pytest.param(
                {"contexts": ("broken",)}, "context broken .* is not complete: .*nowhere", id="no-cluster"
            ),
            pytest.param({"api_url": "127.0.0.1:8001"}, "no URL of an API server", id="no-scheme"),
            pytest.param({"api_url": "http://:80x"}, "no URL of an API server", id="bad-port"),
            pytest.param({"api_url": "http://h", "contexts": ("prod",)}, "choose one", id="both"),
            pytest.param({"kubeconfig": "/nowhere/config"}, "No kubeconfig at /nowhere/config", id="no-file"),
        ],
    )
    def test_mistakes(self, write: Write, arguments: dict[str, object], problem: str) -> None:
        """A mistake says which file, which context, and what there is instead."""
        with pytest.raises(KubeConfigProblem, match=problem):
            targets(**{"kubeconfig": write(a_kubeconfig()), "environ": {}, **arguments})  # type: ignore[arg-type]

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        """Said as such, and not in the words of whatever stumbled over it."""
        path = tmp_path / "notes.txt"
        path.write_text("just words")
        with pytest.raises(KubeConfigProblem) as found:
            targets(kubeconfig=str(path), environ={})
        assert str(found.value) == f"The file {path} is no kubeconfig."

    def test_all_mistakes_at_once(self, write: Write) -> None:
        """Every wrong context is told in one go."""
        with pytest.raises(KubeConfigProblem) as found:
            targets(kubeconfig=write(a_kubeconfig()), contexts=("a", "prod", "b"), environ={})
        assert len(found.value.problems) == 2

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "just words",
            "a: [",
            "contexts: 7",
            "contexts: [{}]",
            "contexts: [7]",
            "clusters: {a: b}",
        ],
    )
    def test_files_that_are_no_kubeconfig(self, write: Write, text: str) -> None:
        """Whatever is in the file, the answer is a sentence about that file."""
        with pytest.raises(KubeConfigProblem, match="kubeconfig"):
            targets(kubeconfig=write(text), environ={})

    def test_no_current_context(self, write: Write) -> None:
        """A kubeconfig without a current context lists those it has."""
        config = a_kubeconfig()
        del config["current-context"]
        with pytest.raises(KubeConfigProblem, match=r"no current context.*prod"):
            targets(kubeconfig=write(config), environ={})
