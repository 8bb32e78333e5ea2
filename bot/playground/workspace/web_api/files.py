"""`files.*`: uploads in three steps, and what is known of a file."""

from __future__ import annotations

from bot.playground.workspace.files import ALT_CHARACTERS, MAX_FILE_BYTES
from bot.playground.workspace.people import Channel
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules.messages import Content
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json


def get_upload_url(call: Call) -> Json:
    """`files.getUploadURLExternal`."""
    name, length = call.text("filename"), call.number("length", 0)
    if length < 1:
        raise Refused("file_upload_size_restricted") if length else Refused("invalid_arguments")
    if length > MAX_FILE_BYTES:
        raise Refused("file_upload_size_restricted")
    alt = call.optional("alt_txt") or ""
    if len(alt) > ALT_CHARACTERS:
        raise Refused("alt_txt_too_large")
    now = call.workspace.clock()
    file, ticket = call.workspace.files.announce(
        name=name, length=length, user=call.workspace.app.user_id, now=now, alt=alt
    )
    return {"upload_url": f"{call.base_url}upload/v1/{ticket}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """`files.completeUploadExternal`: without a channel the file stays private to the app."""
    asked = call.json("files")
    if (
        not isinstance(asked, list)
        or not asked
        or not all(isinstance(f, dict) and f.get("id") for f in asked)
    ):
        raise Refused("invalid_arguments")
    channels = _channels(call)
    store = call.workspace.files
    shared = frozenset(channel.id for channel in channels)
    done = [store.complete(str(f["id"]), title=f.get("title"), channels=shared) for f in asked]
    content = Content(text=call.optional("initial_comment") or "")
    for channel in channels:
        call.workspace.post_as_app(
            channel, content, thread_ts=call.ts("thread_ts"), files=tuple(file.id for file in done)
        )
    return {"files": [file.as_json(call.base_url) for file in done]}


def _channels(call: Call) -> list[Channel]:
    if call.optional("channel_id") is not None:
        return [call.writable_channel("channel_id")]
    named = call.names("channels")
    each = (
        Call(workspace=call.workspace, method=call.method, args={"channel": n}, base_url="") for n in named
    )
    return [one.writable_channel() for one in each]


def info(call: Call) -> Json:
    """`files.info`."""
    file = call.workspace.files.get(call.text("file"))
    if file is None:
        raise Refused("file_not_found")
    return {"file": file.as_json(call.base_url), "comments": [], "response_metadata": {"next_cursor": ""}}
