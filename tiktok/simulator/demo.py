"""The initial world of a new simulator."""

from tiktok.simulator.entities import App, User
from tiktok.simulator.world import World

CLIENT_KEY = "sim-client-key"
CALLBACK = "/auth/tiktok/login/callback/"

USERS = (
    User(
        "maren-bakes",
        "maren.bakes",
        "Maren Bakes",
        bio_description="Sourdough, slow mornings, the odd disaster.",
        is_verified=True,
        follower_count=184_300,
        following_count=312,
        likes_count=2_940_500,
        video_count=418,
    ),
    User(
        "northline-studio",
        "northline.studio",
        "Northline Studio",
        duet_disabled=True,
        stitch_disabled=True,
        bio_description="Architecture from the north coast.",
        follower_count=22_870,
        following_count=95,
        likes_count=301_200,
        video_count=133,
    ),
    User(
        "tomas-outdoors",
        "tomas.outdoors",
        "Tomás Ferreira",
        max_video_post_duration_sec=180,
        bio_description="Trails and tide tables.",
        follower_count=6_410,
        following_count=720,
        likes_count=58_900,
        video_count=87,
    ),
    User(
        "aiko-private",
        "aiko.sketches",
        "Aiko Sketches",
        is_private=True,
        bio_description="Drawing in private.",
        follower_count=142,
        following_count=160,
        likes_count=1_900,
        video_count=24,
    ),
    User(
        "harbour-yoga",
        "harbour.yoga",
        "Harbour Yoga",
        comment_disabled=True,
        max_video_post_duration_sec=300,
        bio_description="Twenty quiet minutes a day.",
        follower_count=51_020,
        following_count=41,
        likes_count=612_700,
        video_count=260,
    ),
    User(
        "repair-cafe",
        "repair.cafe",
        "Repair Café Lindholm",
        comment_disabled=True,
        duet_disabled=True,
        stitch_disabled=True,
        bio_description="We fix toasters. And hearts.",
        follower_count=980,
        following_count=210,
        likes_count=11_340,
        video_count=46,
    ),
)


def make_app(world: World) -> None:
    """Create the app whose key and secret are known beforehand."""
    origins = [f"{scheme}://{host}:*" for scheme in ("http", "https") for host in ("127.0.0.1", "localhost")]
    world.apps.save(App(CLIENT_KEY, redirect_uris=[origin + CALLBACK for origin in origins]))


def make_users(world: World) -> None:
    for user in USERS:
        world.users.save(User(**vars(user)))
