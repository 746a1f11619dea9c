"""Connections of the hostile clients."""

import asyncio
from typing import Any

import pytest

from tiktok.tests.hostile import wire


def test_connection_given_up_as_it_opens_does_not_disturb_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    really_open, opened = asyncio.open_connection, []

    async def open_too_late(**options: Any) -> None:
        opened.append(await really_open(**options))
        raise TimeoutError

    async def dial_in_vain(target: wire.Target) -> type[BaseException]:
        try:
            async with wire.dialled(target, "127.0.0.1"):
                raise AssertionError("the time was over")
        except (RuntimeError, *wire.FAULTS) as fault:
            return type(fault)

    async def dial_again_and_again() -> list[type[BaseException]]:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            target = wire.Target(server.sockets[0].getsockname()[1], "localhost")
            faults = [await dial_in_vain(target) for _ in range(3)]
        for _reader, writer in opened:
            writer.transport.abort()
            await writer.wait_closed()
        return faults

    monkeypatch.setattr(asyncio, "open_connection", open_too_late)

    assert asyncio.run(dial_again_and_again()) == [TimeoutError] * 3
    assert len(opened) == 3
