"""The player shows the video, or its picture and the reason why the browser does not play it."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import services
from tiktok.models import Media, TikTokAccount
from tiktok.tests.browser.test_find_accounts import problems_of
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_post
from tiktok.tests.videos import make_video

pytestmark = pytest.mark.django_db(transaction=True)
RunChecks = Callable[[], int]
UNPLAYABLE = "This browser can’t play the format of this video. That does not affect publishing."


@pytest.fixture(scope="session")
def hevc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As an iPhone records it, without sound."""
    return make_video(tmp_path_factory.mktemp("hevc") / "silent.mov", codec="libx265")


@pytest.fixture(scope="session")
def hevc_with_sound(hevc: Path) -> Path:
    """Of which Chromium would play the sound, and report no error."""
    path = hevc.with_name("sound.mov")
    with av.open(str(hevc)) as source, av.open(str(path), "w", format="mov") as out:
        picture = out.add_stream_from_template(source.streams.video[0])
        sound = out.add_stream("aac", rate=48_000)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = picture
                out.mux(packet)
        for at in range(94):
            frame = av.AudioFrame("fltp", "stereo", 1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 48_000, at * 1024
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path


@pytest.fixture
def take(instance: Instance, editor: User, run_due_checks: RunChecks, tmp_path: Path) -> Callable[[Path], Media]:
    """Make a file media that is checked."""

    def work(file: Path) -> Media:
        copy = tmp_path / file.name
        copy.write_bytes(file.read_bytes())
        with instance_scope(instance):
            media = services.take_file(str(copy), instance=instance, actor=editor, name=file.name)
            run_due_checks()
            media.refresh_from_db()
        assert media.can_be_published
        return media

    return work


def picture(page: Page) -> Locator:
    return page.locator(".player-still img")


def expect_picture_and_sentence(page: Page, name: str) -> None:
    expect(page.get_by_text(UNPLAYABLE)).to_be_visible()
    expect(picture(page)).to_be_visible()
    expect(page.locator("[data-player] video")).to_be_hidden()
    assert picture(page).evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    assert problems_of(page, f"unplayable-{name}") == {}


@pytest.mark.parametrize("name", ["hevc", "hevc_with_sound"])
def test_composer_shows_the_picture_of_an_unplayable_video(
    editor_at: Visitor, linked: TikTokAccount, take: Callable[[Path], Media], clip: Path,
    request: pytest.FixtureRequest, name: str,
) -> None:  # fmt: skip
    unplayable, playable = take(request.getfixturevalue(name)), take(clip)
    page = editor_at.page
    page.goto(f"/i/aurora/posts/new/?to={linked.pk}")

    page.get_by_role("radio", name=unplayable.original_name).check()
    expect_picture_and_sentence(page, f"composer-{name}")

    page.get_by_role("radio", name=playable.original_name).check()
    expect(page.locator("[data-player] video")).to_be_visible()
    expect(page.get_by_text(UNPLAYABLE)).to_be_hidden()


def test_media_and_post_page_show_the_picture_of_an_unplayable_video(
    editor_at: Visitor, instance: Instance, linked: TikTokAccount, take: Callable[[Path], Media], hevc: Path
) -> None:
    media = take(hevc)
    with instance_scope(instance):
        post = make_post(linked, media)
    page = editor_at.page

    page.goto("/i/aurora/media/")
    expect(page.locator("[data-player] video")).to_be_visible()
    page.locator("[data-player] video").evaluate("(video) => void video.play().catch(() => {})")
    expect_picture_and_sentence(page, "media")

    page.goto(f"/i/aurora/posts/{post.pk}/")
    expect_picture_and_sentence(page, "post")


def test_video_whose_file_is_gone_is_not_called_unplayable(
    editor_at: Visitor, linked: TikTokAccount, take: Callable[[Path], Media], clip: Path
) -> None:
    take(clip).file.unlink()
    page = editor_at.page
    page.goto(f"/i/aurora/posts/new/?to={linked.pk}")

    page.get_by_role("radio", name=clip.name).check()

    expect(page.get_by_text("The video could not be loaded.")).to_be_visible()
    expect(page.get_by_text(UNPLAYABLE)).to_be_hidden()
    editor_at.forgive(404)
