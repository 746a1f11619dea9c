"""Request bodies too large to hold."""

from io import BytesIO

import pytest

from tiktok.simulator.messages import Body, ConnectionLost, Refusal


class Trickle:
    """A connection that hands over a few bytes at a time and then ends."""

    def __init__(self, content: bytes) -> None:
        self._content = BytesIO(content)

    def readinto1(self, buffer: memoryview, /) -> int:
        return self._content.readinto(buffer[:3])


def test_body_is_read_to_its_length_and_no_further() -> None:
    source = Trickle(b"0123456789")
    body = Body(source, 7)

    assert body.read(100) == b"0123456"
    assert body.received == 7


def test_body_that_ends_early_is_a_lost_connection() -> None:
    body = Body(Trickle(b"0123"), 7)
    with pytest.raises(ConnectionLost):
        body.drain()

    assert body.received == 4


def test_body_can_be_cut() -> None:
    body = Body(Trickle(b"0123456789"), 10)
    body.cut_after = 5
    with pytest.raises(ConnectionLost):
        body.drain()

    assert body.received == 5


def test_body_over_the_limit_is_refused_unread() -> None:
    body = Body(Trickle(b"0123456789"), 10)
    with pytest.raises(Refusal):
        body.read(9)

    assert body.received == 0
