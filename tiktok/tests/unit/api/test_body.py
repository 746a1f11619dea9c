import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok.api.body import BLOCK_SIZE, FileChunkBody, FileTooShort

SIZE = 1_000_000


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


def blocks(body: FileChunkBody, asked: int = 16384) -> Iterator[bytes]:
    while block := body.read(asked):
        yield block


def test_blocks_are_256_kb_for_any_requested_size(video: Path) -> None:
    with FileChunkBody(video, first=100, length=600_000) as body:
        read = list(blocks(body))

    assert [len(block) for block in read] == [BLOCK_SIZE, BLOCK_SIZE, 600_000 - 2 * BLOCK_SIZE]
    assert b"".join(read) == video.read_bytes()[100:600_100]


def test_no_block_crosses_a_stop_point(video: Path) -> None:
    with FileChunkBody(video, first=0, length=SIZE, stop_points=[SIZE - 65536, BLOCK_SIZE]) as body:
        lengths = [len(block) for block in blocks(body)]

    assert lengths == [BLOCK_SIZE, BLOCK_SIZE, BLOCK_SIZE, SIZE - 65536 - 3 * BLOCK_SIZE, 65536]


def test_callback_runs_before_each_block_with_its_offset_in_the_file(video: Path) -> None:
    seen: list[int] = []
    with FileChunkBody(video, first=1000, length=BLOCK_SIZE + 1, before_block=seen.append) as body:
        list(blocks(body))

    assert seen == [1000, 1000 + BLOCK_SIZE]


def test_what_the_callback_raises_keeps_the_block_back(video: Path) -> None:
    def refuse(offset: int) -> None:
        raise RuntimeError(str(offset))

    with FileChunkBody(video, first=7, length=10, before_block=refuse) as body, pytest.raises(RuntimeError, match="7"):
        body.read()


def test_file_that_was_cut_is_noticed(video: Path) -> None:
    with FileChunkBody(video, first=0, length=SIZE) as body:
        os.truncate(video, BLOCK_SIZE)
        body.read()
        with pytest.raises(FileTooShort):
            body.read()


def test_descriptor_stays_open_and_where_it_was(video: Path) -> None:
    with video.open("rb", buffering=0) as file:
        with FileChunkBody(file.fileno(), first=10, length=5) as body:
            assert body.read() == video.read_bytes()[10:15]
        assert file.tell() == 0


def test_its_length_is_the_chunks(video: Path) -> None:
    with FileChunkBody(video, first=10, length=5) as body:
        assert len(body) == 5


@pytest.mark.parametrize(
    "numbers", [{"first": -1, "length": 1}, {"first": 0, "length": 0}, {"first": 0, "length": 1, "block_size": 0}]
)
def test_senseless_numbers_are_refused(video: Path, numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        FileChunkBody(video, **numbers)  # type: ignore[arg-type]
