"""The API server's JSON, and what becomes of JSON that is not quite that."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kube import parse

POD = {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u1", "resourceVersion": "7"}}
ODD = {"metadata": {"name": "odd", "namespace": "shop"}, "status": {"containerStatuses": "none"}}


def _bytes(value: object) -> bytes:
    return json.dumps(value).encode()


class TestPods:
    def test_a_page(self) -> None:
        """A page has its pods, its version and the token of the next page."""
        body = _bytes({"metadata": {"resourceVersion": "9", "continue": "t"}, "items": [POD]})
        page = parse.pods(body)
        assert [pod.name for pod in page.pods] == ["web-1"]
        assert (page.meta.resource_version, page.meta.continue_) == ("9", "t")

    def test_no_items_at_all(self) -> None:
        """Go writes an empty list as null."""
        assert parse.pods(_bytes({"metadata": {}, "items": None})).pods == ()

    def test_an_odd_pod_costs_only_itself(self) -> None:
        """The rest of its page is read, and it is reported by name."""
        page = parse.pods(_bytes({"metadata": {}, "items": [POD, ODD, POD]}))
        assert len(page.pods) == 2
        assert [(bad.namespace, bad.name) for bad in page.unreadable] == [("shop", "odd")]

    def test_a_pod_without_a_name(self) -> None:
        """What has no identity is reported without one."""
        page = parse.pods(_bytes({"metadata": {}, "items": [{"status": {}}]}))
        assert page.pods == ()
        assert page.unreadable[0].name == ""

    def test_text_that_is_not_utf8(self) -> None:
        """A pod with broken text is reported, not fatal."""
        body = _bytes({"metadata": {}, "items": [POD, ODD]}).replace(b"odd", b"o\xffd")
        page = parse.pods(body)
        assert [pod.name for pod in page.pods] == ["web-1"]
        assert len(page.unreadable) == 1

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"metadata":{},"items":7}'])
    def test_something_else(self, body: bytes) -> None:
        """What is no list is a ValueError."""
        with pytest.raises(ValueError):  # noqa: PT011 - of whatever sort; the caller only needs the class
            parse.pods(body)


class TestLine:
    def test_kinds(self) -> None:
        """Each kind of line is a type of its own."""
        assert isinstance(parse.line(_bytes({"type": "ADDED", "object": POD})), parse.Added)
        assert isinstance(parse.line(_bytes({"object": POD, "type": "MODIFIED"})), parse.Modified)
        assert isinstance(parse.line(_bytes({"type": "DELETED", "object": POD})), parse.Deleted)

    def test_a_bookmark(self) -> None:
        """A bookmark is a pod without anything but a version."""
        mark = {"kind": "Pod", "metadata": {"resourceVersion": "12", "creationTimestamp": None}, "status": {}}
        found = parse.line(_bytes({"type": "BOOKMARK", "object": mark}))
        assert isinstance(found, parse.Bookmark)
        assert found.object.metadata.resource_version == "12"

    def test_an_error(self) -> None:
        """An ERROR line carries the server's Status."""
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
        found = parse.line(_bytes({"type": "ERROR", "object": status}))
        assert isinstance(found, parse.Failed)
        assert found.object.code == 410

    @pytest.mark.parametrize(
        ("raw", "name"),
        [
            pytest.param(_bytes({"type": "MODIFIED", "object": ODD}), "odd", id="odd-pod"),
            pytest.param(_bytes({"type": "NOVELTY", "object": POD}), "web-1", id="unknown-kind"),
            pytest.param(b"{", "", id="no-json"),
            pytest.param(b'{"type":"ADDED"}', "", id="no-object"),
        ],
    )
    def test_what_cannot_be_read(self, raw: bytes, name: str) -> None:
        """A line that does not decode is a value too, with the pod's name where that can be read."""
        found = parse.line(raw)
        assert isinstance(found, parse.Unreadable)
        assert found.name == name
        assert found.problem

    @given(st.binary(max_size=200))
    def test_any_bytes(self, raw: bytes) -> None:
        """No line raises."""
        parse.line(raw)
        parse.status(raw)


class TestStatus:
    @pytest.mark.parametrize("body", [b"", b"<html>502</html>", b'{"kind":"Pod"}', b"[1]", b"\xff"])
    def test_answers_of_somebody_else(self, body: bytes) -> None:
        """A proxy's page is no Status."""
        assert parse.status(body) is None


class TestLineSplitter:
    @given(st.lists(st.binary(min_size=1).filter(lambda text: b"\n" not in text and text.strip())), st.data())
    def test_chunks_cut_anywhere(self, lines: list[bytes], data: st.DataObject) -> None:
        """However the stream is cut into chunks, the same lines come out."""
        stream = b"".join(each + b"\n" for each in lines)
        splitter = parse.LineSplitter(1 << 20)
        found: list[bytes] = []
        at = 0
        while at < len(stream):
            size = data.draw(st.integers(1, len(stream) - at))
            found += splitter.feed(stream[at : at + size])
            at += size
        assert found == lines
        assert splitter.pending == 0

    def test_what_is_not_complete(self) -> None:
        """A line without an end is held back."""
        splitter = parse.LineSplitter(100)
        assert splitter.feed(b"one\ntw") == [b"one"]
        assert splitter.pending == 2

    def test_the_bound(self) -> None:
        """A line without end is refused before it fills the memory."""
        splitter = parse.LineSplitter(10)
        splitter.feed(b"12345\n12345")
        with pytest.raises(ValueError, match="more than 10 bytes"):
            splitter.feed(b"678901")
