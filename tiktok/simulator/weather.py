"""Weather: random faults, reproducible by seed."""

import random
from collections import Counter
from dataclasses import dataclass, field

from tiktok.simulator.faults import Caller, Fault

POSTING = ("creator_info", "video_init", "upload", "status")


@dataclass
class Weather:
    """Shares of faults at the posting endpoints: ``before`` the act, ``after`` it, or merely ``slow``, each 0 to 1.

    The fault of the n-th request of a user at an endpoint follows from ``seed`` alone, in any order of the requests of
    different users. ``rate_limits`` makes some of the faults before the act a 429.
    """

    seed: int = 0
    before: float = 0
    after: float = 0
    slow: float = 0
    slow_s: float = 1.5
    rate_limits: bool = False
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
        self._seen[endpoint, caller.user] += 1
        dice = random.Random(f"{weather.seed}/{endpoint}/{caller.user}/{self._seen[endpoint, caller.user]}")  # noqa: S311
        fate = dice.random()
        if fate < weather.before:
            return self._before(dice, endpoint, body_bytes)
        if fate < weather.before + weather.after:
            return self._after(dice, endpoint)
        return self._slow(dice, endpoint, body_bytes) if fate < weather.before + weather.after + weather.slow else None

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
