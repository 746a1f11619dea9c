"""The thread that does what is due by the world's clock: starts pulls and sends posting events."""

import threading

from tiktok.simulator import news
from tiktok.simulator.posts import Post
from tiktok.simulator.pull import Pull
from tiktok.simulator.world import World

MOST_PULLS = 64


class Scheduler(threading.Thread):
    """Looks at every post that may change by itself, when it is time and whenever the world changes."""

    def __init__(self, world: World) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._world = world
        self._running: dict[str, Post] = {}

    def run(self) -> None:
        changed = self._world.changed
        while True:
            changed.clear()
            changed.wait(self._run_due())

    def _run_due(self) -> float | None:
        """Do everything that is due; return the seconds until the next moment."""
        with self._world.lock:
            moments = [moment for post in list(self._world.open_posts.values()) if (moment := self._look_at(post))]
            return max(0.0, min(moments) - self._world.now()) if moments else None

    def _look_at(self, post: Post) -> float | None:
        """Do what is due for this post and forget it if nothing more will happen by itself."""
        now = self._world.now()
        news.announce(self._world, post)
        if self._is_pull_due(post, now):
            self._start(post)
        moment = post.next_change(now)
        if moment is None and not post.is_pull_open(now):
            self._world.open_posts.pop(post.publish_id, None)
        return moment

    def _is_pull_due(self, post: Post, now: float) -> bool:
        is_free = post.publish_id not in self._running and len(self._running) < MOST_PULLS
        return is_free and post.is_pull_open(now) and now >= post.pull.starts_at

    def _start(self, post: Post) -> None:
        self._running[post.publish_id] = post
        threading.Thread(target=self._pull, args=(post,), name=f"pull {post.publish_id}", daemon=True).start()

    def _pull(self, post: Post) -> None:
        Pull(self._world, post).run()
        with self._world.lock:
            del self._running[post.publish_id]
        self._world.changed.set()
