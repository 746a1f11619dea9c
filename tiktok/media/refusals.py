"""Reasons why a file cannot be used: a code, and the sentence for it."""

from typing import Final

from django.utils.translation import gettext as _

CODES: Final = frozenset({"not_video", "image", "incomplete", "no_picture", "too_heavy", "unreadable", "upload_lost"})


class ContentRefused(Exception):
    """The content is not a usable video; checking the same file again changes nothing.

    An unknown code, from a compromised child, is ``not_video``.
    """

    def __init__(self, code: str) -> None:
        self.code = code if code in CODES else "not_video"
        super().__init__(self.code)


def refusal_text(code: str, name: str = "") -> str:
    """Return the sentences for a code, with the file's ``name`` if given; an unknown code counts as "not_video"."""
    not_video = _("%(name)s is not a video. Choose an MP4, MOV or WebM.") % {"name": name}
    sentences = {
        "not_video": not_video if name else _("This file is not a video. Choose an MP4, MOV or WebM."),
        "image": _("This is an image, not a video. Choose an MP4, MOV or WebM video."),
        "incomplete": _(
            "This file is damaged or incomplete. Export or copy the video again, then upload the new file."
        ),
        "no_picture": _("This file has sound but no picture. Choose a video."),
        "too_heavy": _(
            "Reading this file took too long or too much memory, so it was refused. Export the video again as MP4."
        ),
        "unreadable": _("Clipdesk could not read this file. Export the video again as MP4, then upload the new file."),
        "upload_lost": _("The file that was received is missing. Upload it again."),
    }
    return sentences.get(code, sentences["not_video"])
