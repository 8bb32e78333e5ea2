"""Listings of pods and events, read page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from bot.kube import parse
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request, checked, collection, place
from bot.kube.unreadable import UnreadablePods
from bot.model.events import Event
from bot.model.pods import Pod, PodUid
from bot.pods.ports import RawPod
from bot.watch.ports import HistoryGone, PodKey, PodPage


class Listings:
    """Lists one cluster's pods and events.

    Every listing for a person ends within `within` seconds, however many pages it has.
    """

    def __init__(self, api: ApiServer, bad: UnreadablePods, *, page_size: int, within: float) -> None:
        """Pods that do not decode are left out and told to `bad`."""
        self._api = api
        self._bad = bad
        self._page_size = page_size
        self._within = within

    async def pods(self, namespace: str, selector: str, fields: str) -> Sequence[Pod]:
        """The pods of a namespace (`ALL_NAMESPACES`: of all) that both selectors take."""
        deadline = Deadline(self._within)
        try:
            return await self._all_pods(namespace, selector, fields, deadline)
        except HistoryGone:
            # The listing took longer than its history was kept; a new one begins with new history.
            return await self._all_pods(namespace, selector, fields, deadline)

    async def raw_pods(self, namespace: str, selector: str, fields: str, most: int) -> Sequence[RawPod]:
        """The same, each beside the JSON it was read from; at most `most` of them are read."""
        deadline = Deadline(self._within)
        found: list[RawPod] = []
        token = ""
        while len(found) < most:
            request = self._listing("pods", namespace, token, *_selecting(selector, fields))
            page = await self._api.read(request, parse.raw_pods, deadline=deadline)
            found += [RawPod(pod=pod, json=raw) for pod, raw in page.pods]
            token = page.meta.continue_
            if not token:
                break
        return found[:most]

    async def events(self, namespace: str, uid: PodUid | None, pod: str) -> Sequence[Event]:
        """The events of a namespace, or those about one object or about pods of one name, in no order."""
        deadline = Deadline(self._within)
        about = f"involvedObject.uid={uid}" if uid else ""
        if pod:
            about = f"involvedObject.kind=Pod,involvedObject.name={checked(pod, 'pod')}"
        found: list[Event] = []
        token = ""
        while True:
            request = self._listing("events", namespace, token, *_selecting("", about))
            page = await self._api.read(request, parse.events, deadline=deadline)
            found += page.events
            token = page.meta.continue_
            if not token:
                return found

    async def pages(self, namespace: str, *, within: float) -> AsyncGenerator[PodPage, None]:
        """All pods of a namespace, all of one resource version, each page within so many seconds.

        Raises `HistoryGone` between two pages.
        """
        token = ""
        while True:
            page = await self._pod_page(namespace, "", token, Deadline(within))
            yield PodPage(
                pods=page.pods,
                resource_version=page.meta.resource_version,
                unreadable=tuple(PodKey(each.namespace or namespace, each.name) for each in page.unreadable),
            )
            token = page.meta.continue_
            if not token:
                return

    async def latest_version(self, namespace: str, *, within: float) -> str:
        """The resource version of a listing as of now, of which one pod at most is read."""
        request = Request(
            path=collection("pods", namespace),
            query=(("limit", "1"),),
            doing=f"list the pods in {place(namespace)}",
        )
        page = await self._api.read(request, parse.pods, deadline=Deadline(within))
        return page.meta.resource_version

    async def _all_pods(self, namespace: str, selector: str, fields: str, deadline: Deadline) -> list[Pod]:
        found: list[Pod] = []
        token = ""
        while True:
            page = await self._pod_page(namespace, selector, token, deadline, fields)
            found += page.pods
            token = page.meta.continue_
            if not token:
                return found

    async def _pod_page(
        self, namespace: str, selector: str, token: str, deadline: Deadline, fields: str = ""
    ) -> parse.Pods:
        request = self._listing("pods", namespace, token, *_selecting(selector, fields))
        page = await self._api.read(request, parse.pods, deadline=deadline)
        self._bad.note(page.unreadable)
        return page

    def _listing(self, resource: str, namespace: str, token: str, *selectors: tuple[str, str]) -> Request:
        query = [("limit", str(self._page_size)), *selectors]
        if token:
            query.append(("continue", token))
        return Request(
            path=collection(resource, namespace),
            query=tuple(query),
            doing=f"list the {resource} in {place(namespace)}",
        )


def _selecting(labels: str, fields: str) -> list[tuple[str, str]]:
    """The selectors that are not empty, as parameters of a request."""
    return [pair for pair in (("labelSelector", labels), ("fieldSelector", fields)) if pair[1]]
