"""Content Posting API. https://developers.tiktok.com/doc/content-posting-api-get-started"""

import re
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType

import requests
from urllib3.exceptions import HTTPError

from .answers import as_int
from .chunking import Chunk
from .client import Call, ReadableBody, TikTokClient, read_capped, transport_failure
from .errors import OperatorFault
from .limits import Endpoint
from .secret import Secret
from .transport import uploads
from .types import (
    ChunkAnswer,
    CreatorInfo,
    FileSource,
    PhotoPostInfo,
    PhotoSource,
    PhotoText,
    PublishInit,
    PublishStatus,
    PullSource,
    VideoPostInfo,
)

_CONTENT_RANGE = re.compile(r"bytes\s+(?:[0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")
# An upload answer's body is irrelevant; this much of it is read to keep the connection open.
_DRAIN_MAX_BYTES = 64 * 1024
_DRAIN_MAX_S = 5.0


def query_creator_info(client: TikTokClient, *, access_token: Secret) -> CreatorInfo:
    """Return the creator's present options; call it whenever the posting page is shown and before each init.

    20 requests per minute per access token. Raises QuotaReached and PolicyRefused (even with HTTP 200: they mean
    "cannot post now"), AccessTokenInvalid, ScopeNotAuthorized, RateLimited, TikTokUnavailable and connection errors.
    https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info
    """
    data = client.call_api("POST", Endpoint.CREATOR_INFO, access_token=access_token)
    return CreatorInfo(
        creator_avatar_url=data.optional_text("creator_avatar_url") or "",
        creator_username=data.text("creator_username"),
        creator_nickname=data.text("creator_nickname"),
        privacy_level_options=data.texts("privacy_level_options"),
        comment_disabled=data.flag("comment_disabled"),
        duet_disabled=data.flag("duet_disabled"),
        stitch_disabled=data.flag("stitch_disabled"),
        max_video_post_duration_s=data.integer("max_video_post_duration_sec"),
    )


def init_video(
    client: TikTokClient, *, access_token: Secret, post_info: VideoPostInfo, source: FileSource | PullSource
) -> PublishInit:
    """Open a Direct Post of a video.

    By FILE_UPLOAD it may be repeated: nothing is published before all bytes are there, and the upload URL lives one
    hour. By PULL_FROM_URL TikTok starts by itself, so a repeat after an unclear answer can publish twice. 6 requests a
    minute per access token. Raises InvalidInput, PolicyRefused, QuotaReached, OperatorFault, AccessTokenInvalid,
    ScopeNotAuthorized, RateLimited, TikTokUnavailable and connection errors.
    https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
    """
    payload: dict[str, object] = {
        "post_info": {name: value for name, value in asdict(post_info).items() if value is not None},
        "source_info": _video_source(source),
    }
    return _init_video(client, Endpoint.VIDEO_INIT, access_token, payload, source)


def init_inbox_video(client: TikTokClient, *, access_token: Secret, source: FileSource | PullSource) -> PublishInit:
    """Open a video draft in the creator's inbox; it takes no options. May be repeated as ``init_video``.

    6 requests per minute per access token; at most five unfinished drafts in any 24 hours. Raises what ``init_video``
    raises. https://developers.tiktok.com/doc/content-posting-api-reference-upload-video
    """
    payload: dict[str, object] = {"source_info": _video_source(source)}
    return _init_video(client, Endpoint.INBOX_VIDEO_INIT, access_token, payload, source)


def init_photos(
    client: TikTokClient,
    *,
    access_token: Secret,
    text: PhotoText,
    source: PhotoSource,
    post_info: PhotoPostInfo | None,
) -> PublishInit:
    """Open a post of photos: published directly with ``post_info``, a draft in the creator's inbox without.

    TikTok downloads them by itself, so a repeat after an unclear answer can publish twice. 6 requests per minute per
    access token. Raises what ``init_video`` raises.
    https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
    """
    options = asdict(post_info) if post_info else {}
    is_aigc = {"is_aigc": options.pop("is_aigc")} if post_info else {}  # beside post_info, unlike a video's
    payload = {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST" if post_info else "MEDIA_UPLOAD",
        "post_info": asdict(text) | options,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": [url.reveal() for url in source.photo_urls],
            "photo_cover_index": source.cover_index,
        },
        **is_aigc,
    }
    data = client.call_api("POST", Endpoint.CONTENT_INIT, access_token=access_token, payload=payload, may_repeat=False)
    return PublishInit(publish_id=data.text("publish_id"))


def cancel_publish(client: TikTokClient, *, access_token: Secret, publish_id: str) -> None:
    """Ask TikTok to stop a running download; only the status tells whether it did.

    No rate is documented. Raises InvalidInput (publish_not_cancellable: it is final), PublishIdUnknown,
    AccessTokenInvalid, ScopeNotAuthorized, RateLimited, TikTokUnavailable and connection errors.
    https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
    """
    client.call_api("POST", Endpoint.CANCEL, access_token=access_token, payload={"publish_id": publish_id})


def _video_source(source: FileSource | PullSource) -> dict[str, object]:
    if isinstance(source, PullSource):
        return {"source": "PULL_FROM_URL", "video_url": source.video_url.reveal()}
    return {"source": "FILE_UPLOAD", **asdict(source)}


def _init_video(
    client: TikTokClient,
    endpoint: Endpoint,
    access_token: Secret,
    payload: dict[str, object],
    source: FileSource | PullSource,
) -> PublishInit:
    is_pull = isinstance(source, PullSource)
    data = client.call_api("POST", endpoint, access_token=access_token, payload=payload, may_repeat=not is_pull)
    return PublishInit(data.text("publish_id"), None if is_pull else data.secret("upload_url"))


def fetch_status(client: TikTokClient, *, access_token: Secret, publish_id: str) -> PublishStatus:
    """Return the progress of a publish; ``post_ids`` stay empty until the post is public and moderated.

    30 requests per minute per access token. Raises PublishIdUnknown, AccessTokenInvalid, ScopeNotAuthorized,
    RateLimited, TikTokUnavailable and connection errors.
    https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
    """
    data = client.call_api("POST", Endpoint.STATUS_FETCH, access_token=access_token, payload={"publish_id": publish_id})
    return PublishStatus(
        status=data.text("status"),
        fail_reason=data.optional_text("fail_reason"),
        post_ids=data.ids("publicaly_available_post_id") or data.ids("publicly_available_post_id"),  # sic
        uploaded_bytes=data.optional_integer("uploaded_bytes"),
        downloaded_bytes=data.optional_integer("downloaded_bytes"),
        log_id=data.log_id,
    )


def upload_chunk(
    client: TikTokClient,
    *,
    upload_url: Secret,
    body: ReadableBody,
    chunk: Chunk,
    total_size: int,
    content_type: str,
    read_timeout_s: float | None = None,
) -> ChunkAnswer:
    """Send one chunk and return the answer, with any status; one chunk after another.

    ``body`` has exactly the chunk's bytes; exceptions from its ``read()`` come out unchanged, with the connection
    closed. ``break_off_uploads()`` ends it at once. Raises ConnectionFailed (no byte was sent), AnswerLost (some were;
    ask for the status before anything else) and OperatorFault for an address that bytes may not go to.
    https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
    """
    if not client.may_upload_to(upload_url):
        raise OperatorFault("upload-address-refused")
    if len(body) != chunk.length:
        raise ValueError(f"a body of {len(body)} bytes for a chunk of {chunk.length}")
    headers = {
        "Content-Type": content_type,
        "Content-Range": f"bytes {chunk.first}-{chunk.last}/{total_size}",
    }
    guarded = _GuardedBody(body)
    call = Call("PUT", upload_url, headers=headers, body=guarded, read_timeout_s=read_timeout_s, may_repeat=False)
    try:
        with uploads.watched(), client.send(call) as response:
            _drain(response)
    except (requests.RequestException, HTTPError, _BodyFailed) as error:
        failure = guarded.failure or transport_failure(error, may_repeat=False)
    else:
        return ChunkAnswer(response.status_code, _uploaded_bytes(response, chunk, total_size))
    raise failure  # outside the handler: the exceptions of requests carry the upload URL


def break_off_uploads() -> None:
    """End every ``upload_chunk`` of this process now, from any thread; each raises AnswerLost."""
    uploads.break_off()


class _BodyFailed(Exception):
    """Replacement for an exception of the body: urllib3 swallows a BrokenPipeError and rewrites any OSError."""


class _GuardedBody:
    """Pass the body through and remember what it raised."""

    def __init__(self, body: ReadableBody) -> None:
        self._body = body
        self.failure: BaseException | None = None

    def __len__(self) -> int:
        return len(self._body)

    def read(self, size: int = -1, /) -> bytes:
        with self:
            return self._body.read(size)

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.failure = error
            raise _BodyFailed


def _drain(response: requests.Response) -> None:
    """Read the rest of a good answer, so that the next chunk can reuse the connection; a failure means nothing."""
    if response.status_code not in (200, 201, 206):
        return
    with suppress(requests.RequestException, HTTPError):
        read_capped(response, max_bytes=_DRAIN_MAX_BYTES, max_s=_DRAIN_MAX_S)


def _uploaded_bytes(response: requests.Response, chunk: Chunk, total_size: int) -> int | None:
    """Return the progress in the answer's Content-Range, as a count.

    TikTok does not document whether its number is a count or the last index; a number right before a boundary of this
    chunk is an index.
    """
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    number = as_int(match[1]) if match and as_int(match[2]) == total_size else None
    if number is None or number > total_size:
        return None
    return number + 1 if number + 1 in (chunk.first, chunk.last + 1) else number
