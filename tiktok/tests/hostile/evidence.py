"""The product's results of the uploads, and its leftovers."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from instances.scoping import unscoped
from tiktok.models import Media, MediaUpload
from tiktok.tests.hostile import machine
from tiktok.tests.hostile.aims import Upload
from tiktok.tests.hostile.product import Product
from tiktok.tests.hostile.uploads import Crew, Sent

SEES_ALL: Final = "the laboratory sees every instance"
CLOSE_S: Final = 15.0
# Written while the product runs, or on purpose.
EXPECTED: Final = ("caddy/", "media/", "static/", "chaos.sqlite3", "celerybeat-schedule", "up.lock", "tmp/")


def unchecked() -> int:
    """Count the complete uploads and the media without a verdict."""
    with unscoped(reason=SEES_ALL):
        waiting = [upload for upload in MediaUpload.objects.all() if _is_waiting(upload)]
        checking = [media for media in Media.objects.all() if getattr(media, "state", "ready") == "checking"]
    return len(waiting) + len(checking)


def _is_waiting(upload: MediaUpload) -> bool:
    return bool(upload.offset == upload.size_bytes and upload.media_id is None and upload.problem is None)


def uploads(crew: Crew, sendings: list[Sent]) -> list[Upload]:
    """Compare what was sent with the files on disk."""
    with unscoped(reason=SEES_ALL):
        rows = {str(row.pk): row for row in MediaUpload.objects.select_related("media")}
    return [
        _upload(crew.content(number).sha256(), sent, rows.get(sent.upload_id)) for number, sent in enumerate(sendings)
    ]


def _upload(sha256: str, sent: Sent, row: MediaUpload | None) -> Upload:
    media = row.media if row else None
    if media is None:
        return Upload(sha256, "", _why_not(sent, row))
    path = media.file
    if not path.exists():
        return Upload(sha256, "", f"no file, {getattr(media, 'refusal_code', '')}")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return Upload(sha256, found if found == media.sha256 else "", "" if media.sha256 else "not checked in time")


def _why_not(sent: Sent, row: MediaUpload | None) -> str:
    if row is None:
        return f"not announced: {dict(sent.answers)}"
    if row.problem:
        return f"refused: {row.problem['code']}"
    return "not checked in time" if row.offset == row.size_bytes else f"incomplete: {dict(sent.answers)}"


def left_over(product: Product, scratch: Path, before: set[str]) -> list[str]:
    """Return what remains while the product still runs, once clients have gone and all is checked."""
    found = []
    port = product.target.port
    if count := machine.wait_for_none(_endless(port), CLOSE_S):
        found.append(f"{count} open connections")
    if probes := [other for other in machine.processes().values() if str(scratch) in other.command]:
        found += [f"a process: {other.command[-80:]}" for other in probes if machine.PROBE in other.command]
    found += [f"{count} files in {place}" for place, count in sorted(_strays(scratch, before).items())]
    if count := unchecked():
        found.append(f"{count} uploads without a verdict")
    return found


def _endless(port: int) -> Iterator[int]:
    while True:
        yield machine.open_connections(port)


def _strays(scratch: Path, before: set[str]) -> Counter[str]:
    """Count files that no row names, by their folder."""
    root: Path = settings.MEDIA_ROOT
    with unscoped(reason=SEES_ALL):
        named = {name for media in Media.objects.all() for name in (media.path, media.thumbnail_path, media.copy_path)}
        named |= {upload.path for upload in MediaUpload.objects.all()}
    strays = Counter(f"media/{Path(name).parts[0]}" for name in machine.files_in(root) - named)
    new = machine.files_in(scratch) - before
    strays += Counter("the data folder" for name in new if not name.startswith(EXPECTED))
    return strays + Counter("the folder of temporary files" for name in new if name.startswith("tmp/"))
