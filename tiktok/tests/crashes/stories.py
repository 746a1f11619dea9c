"""Ways that a post may take; it is published once despite any fault of its worker."""

from typing import Final

from tiktok.models import MediaSource, MediaType, PostMode
from tiktok.models.ways import Way
from tiktok.tests.crashes.world import THREE_CHUNKS, Story, World


def refuses_a_token(world: World) -> None:
    """TikTok no longer takes the token with which the init comes."""
    world.tiktok.fault("error", "video_init", code="access_token_invalid", status=401)


def loses_the_last_answer(world: World) -> None:
    world.tiktok.fault("lost_answer", "upload", last_chunk=True)


def answers_oddly(world: World) -> None:
    """The last PUT is taken in and answered with 500."""
    world.tiktok.fault("server_error", "upload", last_chunk=True, after=True)


def denies_what_it_has(world: World) -> None:
    """The last PUT is taken in and answered with 404, and for a while the status says that bytes are missing."""
    world.tiktok.fault("finished_upload_404", "upload")
    world.tiktok.fault("lagging_status", "status", times=3)


def forgets_the_upload(world: World) -> None:
    """The last PUT gets 404 and counts for nothing; what TikTok has got so far it keeps, and asks for the rest."""
    world.tiktok.fault("error", "upload", status=404, last_chunk=True)


def ends_the_url(world: World) -> None:
    """The upload URL dies for good just before the last PUT."""
    world.tiktok.fault("expired_upload_url", "upload", last_chunk=True)


def refuses_for_speed(world: World) -> None:
    world.tiktok.fault("rate_limit", "content_init")


def breaks_off_a_download(world: World) -> None:
    world.tiktok.fault("abandoned_pull", "video_init", after_bytes=1000)


def loses_the_answer_to_the_init(world: World) -> None:
    world.tiktok.fault("lost_answer", "video_init")


def fails_by_itself(world: World) -> None:
    world.tiktok.fault("fail_reason", reason="internal")


ONE_CHUNK: Final = Story("one chunk")
THREE: Final = Story("three chunks", size=THREE_CHUNKS, block_s=1.0)
REFRESH: Final = Story("401 in between, a token is refreshed", arm=refuses_a_token)
LOST_ANSWER: Final = Story("the answer to the last PUT is lost", arm=loses_the_last_answer)
ODD_ANSWER: Final = Story("500 after the last bytes were taken in", arm=answers_oddly)
DENIED: Final = Story("404 after the last bytes were taken in, and a status that lags", arm=denies_what_it_has)
NOT_FOUND: Final = Story("404 after the point of no return (R2)", inits=2, arm=forgets_the_upload)
DEAD_URL: Final = Story("the URL dies under the last bytes (R2)", inits=2, arm=ends_the_url)
FAILED: Final = Story("FAILED internal (R3)", inits=2, arm=fails_by_itself)
SCHEDULED: Final = Story("scheduled, then due", after_s=1200)


INBOX, PULL = PostMode.MEDIA_UPLOAD, MediaSource.PULL_FROM_URL
VIDEO_DRAFT: Final = Story("a draft by upload", way=Way(MediaType.VIDEO, INBOX, MediaSource.FILE_UPLOAD))
PULLED: Final = Story("a video is downloaded", way=Way(MediaType.VIDEO, PostMode.DIRECT_POST, PULL))
PULLED_DRAFT: Final = Story("a draft is downloaded", way=Way(MediaType.VIDEO, INBOX, PULL))
PHOTOS: Final = Story("photos", way=Way(MediaType.PHOTO, PostMode.DIRECT_POST, PULL))
PHOTO_DRAFT: Final = Story("a draft of photos", way=Way(MediaType.PHOTO, INBOX, PULL))
PULL_UNCLEAR: Final = Story(
    "an init's answer is lost, and TikTok downloads late (R5)",
    inits=2, way=PULLED.way, late_s=7200, arm=loses_the_answer_to_the_init,
)  # fmt: skip
PULL_REFUSED: Final = Story("an init is refused for speed (R4)", way=PHOTOS.way, arm=refuses_for_speed)
PULL_FAILED: Final = Story("a download fails (R3)", inits=2, way=PULLED.way, arm=breaks_off_a_download)

ALL: Final = (
    ONE_CHUNK, THREE, REFRESH, LOST_ANSWER, ODD_ANSWER, DENIED, NOT_FOUND, DEAD_URL, FAILED, SCHEDULED, VIDEO_DRAFT,
    PULLED, PULLED_DRAFT, PHOTOS, PHOTO_DRAFT, PULL_UNCLEAR, PULL_REFUSED, PULL_FAILED,
)  # fmt: skip
# For every run of the tests; the others have nearly the same points as these.
IN_SHORT: Final = (
    ONE_CHUNK, THREE, REFRESH, LOST_ANSWER, FAILED, NOT_FOUND, SCHEDULED, PULLED, PHOTO_DRAFT, PULL_UNCLEAR,
)  # fmt: skip
