"""The bodies of the three inits: their fields, and the limits that TikTok documents."""

from tiktok.simulator.messages import Json, Refusal

VIDEO_TITLE_UNITS = 2200
PHOTO_TEXT_UNITS = {"title": 90, "description": 4000}
MOST_PHOTOS = 35
# "MB" is not defined by TikTok; these bounds satisfy the decimal and the binary reading.
SMALLEST_CHUNK = 5 * 1024 * 1024
LARGEST_CHUNK = 64_000_000
LARGEST_FINAL_CHUNK = 128_000_000
LARGEST_VIDEO = 4 * 1024**3
LARGEST_COUNT = 1000

Fields = dict[str, type]
DIRECT_INIT_FIELDS: Fields = {"post_info": dict, "source_info": dict}
INBOX_INIT_FIELDS: Fields = {"source_info": dict}
CONTENT_INIT_FIELDS: Fields = {
    "media_type": str,
    "post_mode": str,
    "is_aigc": bool,
    "post_info": dict,
    "source_info": dict,
}
VIDEO_INFO_FIELDS: Fields = {
    "privacy_level": str,
    "title": str,
    "disable_comment": bool,
    "disable_duet": bool,
    "disable_stitch": bool,
    "video_cover_timestamp_ms": int,
    "brand_content_toggle": bool,
    "brand_organic_toggle": bool,
    "is_aigc": bool,
}
PHOTO_DRAFT_FIELDS: Fields = {"title": str, "description": str}
PHOTO_INFO_FIELDS: Fields = {
    **PHOTO_DRAFT_FIELDS,
    "privacy_level": str,
    "disable_comment": bool,
    "auto_add_music": bool,
    "brand_content_toggle": bool,
    "brand_organic_toggle": bool,
}
FILE_FIELDS: Fields = {"source": str, "video_size": int, "chunk_size": int, "total_chunk_count": int}
VIDEO_PULL_FIELDS: Fields = {"source": str, "video_url": str}
PHOTO_PULL_FIELDS: Fields = {"source": str, "photo_images": list, "photo_cover_index": int}


def invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_params", message)


def check_fields(where: str, value: Json, fields: Fields) -> None:
    for name, item in value.items():
        if name not in fields:
            raise invalid(f"{where} holds an unknown field: {name}")
        if type(item) is not fields[name]:
            raise invalid(f"{where}.{name} has the wrong type")


def check_all_fields(where: str, value: Json, fields: Fields) -> None:
    """Refuse unknown fields, wrong types, and fields that are missing."""
    check_fields(where, value, fields)
    if missing := [name for name in fields if name not in value]:
        raise invalid(f"{where}.{missing[0]} is missing")


def check_text(post_info: Json, name: str, most_units: int) -> None:
    """Refuse a text that is too long in UTF-16 units."""
    if len(post_info.get(name, "").encode("utf-16-le", "surrogatepass")) // 2 > most_units:
        raise invalid(f"post_info.{name} is longer than {most_units} characters")


def check_brand(post_info: Json) -> None:
    if post_info.get("brand_content_toggle") and post_info.get("privacy_level") == "SELF_ONLY":
        raise invalid("Branded content visibility cannot be set to private")


def check_video_info(post_info: Json) -> None:
    check_fields("post_info", post_info, VIDEO_INFO_FIELDS)
    check_text(post_info, "title", VIDEO_TITLE_UNITS)
    if not -(2**31) <= post_info.get("video_cover_timestamp_ms", 0) < 2**31:
        raise invalid("post_info.video_cover_timestamp_ms is out of range")
    check_brand(post_info)


def check_video_source(source_info: Json) -> None:
    if source_info.get("source") == "PULL_FROM_URL":
        check_all_fields("source_info", source_info, VIDEO_PULL_FIELDS)
    elif source_info.get("source") == "FILE_UPLOAD":
        check_file(source_info)
    else:
        raise invalid("source_info.source is invalid")


def check_file(source_info: Json) -> None:
    check_all_fields("source_info", source_info, FILE_FIELDS)
    size, chunk, count = (source_info[n] for n in ("video_size", "chunk_size", "total_chunk_count"))
    if not 1 <= size <= LARGEST_VIDEO:
        raise invalid("The video size is invalid")
    if not is_chunk_size(size, chunk):
        raise invalid("The chunk size is invalid")
    if count != size // chunk or count > LARGEST_COUNT:
        raise invalid("The total chunk count is invalid")


def is_chunk_size(size: int, chunk: int) -> bool:
    """Check the size: one piece up to 64 MB; above 5 MB also several of 5 to 64 MB, the last one up to 128 MB."""
    if chunk == size:
        return size <= LARGEST_CHUNK
    if not SMALLEST_CHUNK <= chunk <= LARGEST_CHUNK or chunk > size:
        return False
    is_single = size // chunk == 1
    return size % chunk + chunk <= (LARGEST_CHUNK if is_single else LARGEST_FINAL_CHUNK)


def check_content(body: Json) -> None:
    """Check the fields of a photo post except the source; a draft takes texts only."""
    check_fields("body", body, CONTENT_INIT_FIELDS)
    if body.get("media_type") != "PHOTO":
        raise invalid("media_type is invalid")
    if body.get("post_mode") not in ("DIRECT_POST", "MEDIA_UPLOAD"):
        raise invalid("post_mode is invalid")
    post_info = body.get("post_info", {})
    is_draft = body["post_mode"] == "MEDIA_UPLOAD"
    check_fields("post_info", post_info, PHOTO_DRAFT_FIELDS if is_draft else PHOTO_INFO_FIELDS)
    for name, most_units in PHOTO_TEXT_UNITS.items():
        check_text(post_info, name, most_units)
    check_brand(post_info)


def check_photos(source_info: Json) -> None:
    if source_info.get("source") != "PULL_FROM_URL":
        raise invalid("source_info.source is invalid")
    check_all_fields("source_info", source_info, PHOTO_PULL_FIELDS)
    urls = source_info["photo_images"]
    if not 1 <= len(urls) <= MOST_PHOTOS or not all(isinstance(url, str) for url in urls):
        raise invalid(f"source_info.photo_images must hold 1 to {MOST_PHOTOS} URLs")
    if not 0 <= source_info["photo_cover_index"] < len(urls):
        raise invalid("source_info.photo_cover_index is out of range")
