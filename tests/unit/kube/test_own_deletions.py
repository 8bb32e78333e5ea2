"""Which pods the bot deleted, whichever of its replicas it was."""

from __future__ import annotations

import pytest

from bot.errors import ClusterUnreachable, StoreUnavailable
from bot.kube.own_deletions import OwnDeletions
from bot.model.pods import ClusterName, PodUid
from tests.support.memory_claims import MemoryClaims

PROD, WEB = ClusterName("prod"), PodUid("uid-1")


async def test_what_one_replica_deletes_all_know() -> None:
    """The one that watches asks when the pod has gone; of another cluster's pods it is not told."""
    claims = MemoryClaims()
    one, other = OwnDeletions(PROD, claims), OwnDeletions(PROD, claims)
    assert not await other.known(WEB)
    async with one.noted(WEB):
        assert await one.known(WEB)
    assert await other.known(WEB)
    assert not await OwnDeletions(ClusterName("staging"), claims).known(WEB)


@pytest.mark.parametrize("changed", [False, True], ids=["nothing-done", "not-known"])
async def test_what_failed_is_noted_where_it_may_have_been_done(*, changed: bool) -> None:
    """A lost answer may stand for a deleted pod; a refusal does not."""
    error = ClusterUnreachable("no answer")
    error.changed_nothing = not changed
    claims = MemoryClaims()
    one, other = OwnDeletions(PROD, claims), OwnDeletions(PROD, claims)
    with pytest.raises(ClusterUnreachable):
        async with one.noted(WEB):
            raise error
    assert await one.known(WEB) is await other.known(WEB) is changed


async def test_without_the_store_the_deletion_goes_on() -> None:
    """Each replica then knows its own."""
    claims = MemoryClaims(StoreUnavailable("away"))
    one, other = OwnDeletions(PROD, claims), OwnDeletions(PROD, claims)
    async with one.noted(WEB):
        pass
    assert await one.known(WEB)
    assert not await other.known(WEB)
