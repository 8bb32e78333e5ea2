"""Objects, versions and history."""

import pytest

from bot.playground.cluster.errors import Refusal
from bot.playground.cluster.objects import Json, name_of
from bot.playground.cluster.resources import PODS
from bot.playground.cluster.store import Store


def an_object(name: str, *, uid: str = "u") -> Json:
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "shop", "uid": uid},
        "spec": {},
        "status": {},
    }


def test_every_write_gets_the_next_version_and_no_change_is_no_write() -> None:
    """Versions rise by one; writing the same again leaves the version."""
    store = Store()
    created = store.create(an_object("a"))
    created["status"]["phase"] = "Running"
    changed = store.update(created)
    assert int(changed["metadata"]["resourceVersion"]) == store.version
    assert store.update(changed) == changed
    assert int(changed["metadata"]["resourceVersion"]) == store.version
    assert int(store.remove(changed)["metadata"]["resourceVersion"]) == store.version


def test_the_past_is_read_by_undoing_the_history() -> None:
    """A list at an older version shows what was there then."""
    store = Store()
    store.create(an_object("a"))
    b = store.create(an_object("b"))
    then = store.version
    store.remove(b)
    store.create(an_object("c"))
    changed = store.get(PODS, "shop", "a")
    changed["status"]["phase"] = "Failed"
    store.update(changed)
    past = store.all_at(PODS, "shop", then)
    assert [(name_of(o), o["status"]) for o in past] == [("a", {}), ("b", {})]
    assert [name_of(o) for o in store.all(PODS)] == ["a", "c"]
    assert store.all(PODS, "other") == []


def test_the_history_is_bounded() -> None:
    """Old versions fall out of it, and cannot be read or watched from."""
    store = Store(history_limit=2)
    first = int(store.create(an_object("a"))["metadata"]["resourceVersion"])
    for name in "bcd":
        store.create(an_object(name))
    with pytest.raises(Refusal) as refusal:
        store.all_at(PODS, "", first)
    assert refusal.value.code == 410
    with pytest.raises(Refusal), store.watch(PODS, "", lambda _o: True, first):
        pass


def test_names_and_incarnations_are_kept_apart() -> None:
    """A name is taken once; writing to a predecessor's UID finds nothing."""
    store = Store()
    old = store.create(an_object("a", uid="old"))
    with pytest.raises(Refusal) as taken:
        store.create(an_object("a"))
    assert taken.value.code == 409
    store.remove(old)
    store.create(an_object("a", uid="new"))
    for write in (store.update, store.remove):
        with pytest.raises(Refusal) as gone:
            write(old)
        assert gone.value.code == 404
