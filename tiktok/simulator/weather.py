"""Weather: random faults, reproducible by seed."""

import random
from collections import Counter
from dataclasses import dataclass, field

from tiktok.simulator.faults import PULL_FAULTS, Caller, Fault

POSTING = ("creator_info", "video_init", "inbox_init", "content_init", "upload", "status", "cancel")


@dataclass
class Weather:
    """Shares of faults at the posting endpoints: ``before`` the act, ``after`` it, or merely ``slow``, each 0 to 1.

    ``pulls`` and ``webhooks`` are the shares of pulls and of webhooks that meet a fault of theirs.

    The fault of the n-th request of a user at an endpoint follows from ``seed`` alone, in any order of the requests of
    different users. ``rate_limits`` makes some of the faults before the act a 429.
    """

    seed: int = 0
    before: float = 0
    after: float = 0
    slow: float = 0
    slow_s: float = 1.5
    rate_limits: bool = False
    pulls: float = 0
    webhooks: float = 0
    endpoints: list[str] = field(default_factory=lambda: list(POSTING))


class Forecast:
    """Deals the faults of a weather. Callers hold the world's lock."""

    def __init__(self, weather: Weather) -> None:
        self.weather = weather
        self._seen: Counter[tuple[str, str]] = Counter()

    def strike(self, endpoint: str, caller: Caller, body_bytes: int) -> Fault | None:
        """Return the fault of this request, if it has one."""
        weather = self.weather
        if endpoint not in weather.endpoints or weather.before + weather.after + weather.slow <= 0:
            return None
        dice = self._dice(endpoint, caller.user)
        fate = dice.random()
        if fate < weather.before:
            return self._before(dice, endpoint, body_bytes)
        if fate < weather.before + weather.after:
            return self._after(dice, endpoint)
        return self._slow(dice, endpoint, body_bytes) if fate < weather.before + weather.after + weather.slow else None

    def pull(self, user: str, *, is_photo: bool) -> Fault | None:
        """Return the fault of this pull, if it has one."""
        dice = self._dice("pull", user)
        if dice.random() >= self.weather.pulls:
            return None
        kind = dice.choice([kind for kind in PULL_FAULTS if is_photo or kind != "failed_photo"])
        seconds = dice.uniform(0, self.weather.slow_s)
        return Fault(kind, delay_s=seconds, bytes_per_s=dice.uniform(1e5, 1e7), after_bytes=dice.randrange(1, 200_000))

    def webhook(self, user: str) -> Fault | None:
        """Return the fault of this webhook, if it has one: lost, repeated, or so late that another one overtakes it."""
        dice = self._dice("webhook", user)
        if dice.random() >= self.weather.webhooks:
            return None
        kind = dice.choice(["lost_webhook", "late_webhook", "repeated_webhook"])
        return Fault(kind, delay_s=dice.uniform(0, self.weather.slow_s), copies=dice.randrange(1, 4))

    def _dice(self, endpoint: str, user: str) -> random.Random:
        """Return the dice of the user's next request at this endpoint."""
        self._seen[endpoint, user] += 1
        return random.Random(f"{self.weather.seed}/{endpoint}/{user}/{self._seen[endpoint, user]}")  # noqa: S311

    def _before(self, dice: random.Random, endpoint: str, body_bytes: int) -> Fault:
        """Return a fault before the act; a connection may be cut in the middle of the body."""
        can_limit = self.weather.rate_limits and endpoint != "upload"
        kind = dice.choice(["server_error", "html_error", "drop_connection", *(["rate_limit"] if can_limit else [])])
        fault = Fault(kind, endpoint)
        if kind == "drop_connection" and endpoint == "upload":
            fault.after_bytes = dice.randrange(max(body_bytes, 1))
        return fault

    def _after(self, dice: random.Random, endpoint: str) -> Fault:
        """Return a fault after the act; the answer never arrives whole. An upload's answer has no JSON to break."""
        kinds = ["lost_answer", "server_error", "html_error", *([] if endpoint == "upload" else ["truncated_json"])]
        return Fault(dice.choice(kinds), endpoint, after=True)

    def _slow(self, dice: random.Random, endpoint: str, body_bytes: int) -> Fault:
        """Return a delay of up to ``slow_s`` seconds: of an upload's body, or before or after other acts."""
        seconds = dice.uniform(0, self.weather.slow_s)
        if endpoint == "upload":
            return Fault("slow", endpoint, bytes_per_s=max(body_bytes, 1) / max(seconds, 0.01))
        return Fault("slow", endpoint, delay_s=seconds, after=dice.random() < 0.5)
