"""Reasons why a file cannot be used: a code, and the sentence for it."""

from typing import Final

from django.utils.translation import gettext as _

CODES: Final = frozenset(
    {
        "unknown_format", "web_page", "gif", "bmp", "tiff", "svg", "avif", "animated", "image", "incomplete",
        "no_picture", "too_heavy", "too_many_pixels", "unreadable", "upload_lost",
    }
)  # fmt: skip


class ContentRefused(Exception):
    """The content is neither a usable video nor a usable photo; checking the same file again changes nothing.

    An unknown code, from a compromised child, is ``unknown_format``.
    """

    def __init__(self, code: str) -> None:
        self.code = code if code in CODES else "unknown_format"
        super().__init__(self.code)


def refusal_text(code: str, name: str = "") -> str:
    """Return the sentences for a code, with the file's ``name`` if given; an unknown code is "unknown_format"."""
    sentences = _image_sentences() | {
        "web_page": _("This file is a web page. Choose the video or photo itself."),
        "incomplete": _("This file is damaged or incomplete. Export or copy it again, then upload the new file."),
        "no_picture": _("This file has sound but no picture. Choose a video."),
        "too_heavy": _(
            "Reading this file took too long or too much memory, so it was refused. "
            "Export a video again as MP4, a photo as JPEG."
        ),
        "unreadable": _(
            "Clipdesk could not read this file. Export a video again as MP4, a photo as JPEG, then upload the new file."
        ),
        "upload_lost": _("The file that was received is missing. Upload it again."),
    }
    return sentences.get(code) or _unknown_format(name)


def _unknown_format(name: str) -> str:
    if not name:
        return _(
            "This file is neither a video nor a photo that Clipdesk can read. "
            "Choose an MP4, MOV or WebM, or a JPEG, PNG, WebP or HEIC."
        )
    text = _(
        "%(name)s is neither a video nor a photo that Clipdesk can read. "
        "Choose an MP4, MOV or WebM, or a JPEG, PNG, WebP or HEIC."
    )
    return text % {"name": name}


def _image_sentences() -> dict[str, str]:
    """Return the sentences about photos and other images."""
    return {
        "gif": _("This is a GIF. Save a picture as JPEG or PNG, or export an animation as an MP4 video."),
        "bmp": _("This is a BMP image. Save it as JPEG or PNG, then upload that."),
        "tiff": _("This is a TIFF image or a camera’s raw file. Export it as JPEG, then upload that."),
        "svg": _("This is an SVG drawing. Export it as PNG, then upload that."),
        "avif": _("This is an AVIF image. Save it as JPEG or PNG, then upload that."),
        "animated": _("This image is animated. Choose a single picture, or export the animation as an MP4 video."),
        "image": _("Clipdesk can’t read this kind of image. Choose a JPEG, PNG, WebP or HEIC."),
        "too_many_pixels": _(
            "This photo has too many pixels for Clipdesk to read in this format. "
            "Export it as JPEG, or make it smaller, then upload that."
        ),
    }
