"""GET /v2/user/info/ and the avatars it points to."""

import struct
import zlib
from colorsys import hls_to_rgb
from functools import lru_cache

from tiktok.simulator.entities import App, User
from tiktok.simulator.messages import Json, Refusal, Request, Response, envelope
from tiktok.simulator.world import World

FIELD_SCOPES = {
    "open_id": "user.info.basic",
    "union_id": "user.info.basic",
    "avatar_url": "user.info.basic",
    "avatar_url_100": "user.info.basic",
    "avatar_large_url": "user.info.basic",
    "display_name": "user.info.basic",
    "bio_description": "user.info.profile",
    "profile_deep_link": "user.info.profile",
    "is_verified": "user.info.profile",
    "username": "user.info.profile",
    "follower_count": "user.info.stats",
    "following_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}
AVATAR_LIFETIME_S = 7200
AVATAR_SIZES = {"100": 100, "200": 200, "360": 360}


def user_info(world: World, request: Request) -> Response:
    token = world.authorize(request, "user_info")
    fields = [name for name in request.params().get("fields", "").split(",") if name]
    if not fields or set(fields) - set(FIELD_SCOPES):
        raise Refusal(400, "invalid_params", "Fields is missing or holds an unknown field")
    if {FIELD_SCOPES[name] for name in fields} - set(token.scopes):
        raise Refusal(401, "scope_not_authorized", "The user did not authorize the scope required")
    profile = describe(world, world.app(token.client_key), world.user(token.user))
    return envelope({"user": {name: profile[name] for name in fields}})


def describe(world: World, app: App, user: User) -> Json:
    return {
        "open_id": user.open_id(app),
        "union_id": user.union_id(app),
        "avatar_url": avatar_url(world, user, 200),
        "avatar_url_100": avatar_url(world, user, 100),
        "avatar_large_url": avatar_url(world, user, 360),
        "display_name": user.display_name,
        "bio_description": user.bio_description,
        "profile_deep_link": f"https://vm.tiktok.com/sim-{user.id}",
        "is_verified": user.is_verified,
        "username": user.username,
        "follower_count": user.follower_count,
        "following_count": user.following_count,
        "likes_count": user.likes_count,
        "video_count": user.video_count,
    }


def avatar_url(world: World, user: User, size: int) -> str:
    """Return an address signed for two hours, as of TikTok's image servers."""
    expires = int(world.now()) + AVATAR_LIFETIME_S
    return f"{world.base_url}/avatars/{user.id}.png?size={size}&x-expires={expires}"


def avatar(world: World, request: Request) -> Response:
    user_id = request.path.removeprefix("/avatars/").removesuffix(".png")
    params = request.params()
    if world.users.get(user_id) is None:
        return Response(404)
    # Both are written by avatar_url with ten and three digits.
    expires, size = params.get("x-expires", ""), params.get("size", "")
    if expires and expires <= str(int(world.now())):
        return Response(403)
    return Response(200, draw_avatar(user_id, AVATAR_SIZES.get(size, 200)), "image/png")


@lru_cache(maxsize=256)
def draw_avatar(seed: str, size: int) -> bytes:
    """Draw a PNG of a head and shoulders in the user's two colours."""
    hue = zlib.crc32(seed.encode()) / 2**32
    ground, figure = _colour(hue, 0.5), _colour(hue, 0.88)
    rows = (b"\0" + _row(y / size, size, ground, figure) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _colour(hue: float, lightness: float) -> bytes:
    return bytes(round(255 * part) for part in hls_to_rgb(hue, lightness, 0.45))


def _row(y: float, size: int, ground: bytes, figure: bytes) -> bytes:
    """Return one row: a disc for the head above a wider one for the shoulders."""
    head = 0.17**2 - (y - 0.38) ** 2
    shoulders = 0.36**2 - (y - 0.98) ** 2
    half = int(max(head, shoulders, 0) ** 0.5 * size)
    side = size // 2 - half
    return ground * side + figure * (2 * half) + ground * (size - side - 2 * half)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
