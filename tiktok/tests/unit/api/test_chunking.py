import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.api.chunking import Chunk, ChunkPlan, plan_chunks

MB, MIB, GIB = 1_000_000, 1024**2, 1024**3
sizes = st.integers(1, 4 * GIB) | st.sampled_from(
    [1, 5 * MIB, 64 * MB, 64 * MB + 1, 64 * MIB, 128 * MB, 128 * MIB, 4 * GIB - 1, 4 * GIB]
)
settings = st.fixed_dictionaries(
    {"chunk_size": st.integers(5 * MIB, 64 * MB), "single_limit": st.integers(5 * MIB, 64 * MB)}
)


@given(sizes, settings)
def test_chunks_cover_the_file_exactly_and_in_order(size: int, numbers: dict[str, int]) -> None:
    chunks = list(plan_chunks(size, **numbers).chunks())

    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.first for chunk in chunks] == [0, *(chunk.last + 1 for chunk in chunks[:-1])]
    assert chunks[-1].last == size - 1
    assert sum(chunk.length for chunk in chunks) == size


@given(sizes, settings)
def test_plan_keeps_tiktoks_limits_in_both_readings_of_mb(size: int, numbers: dict[str, int]) -> None:
    plan = plan_chunks(size, **numbers)
    *others, last = plan.chunks()

    assert plan.total_chunk_count == size // plan.chunk_size
    assert 1 <= plan.total_chunk_count <= 1000
    assert all(5 * MIB <= chunk.length <= 64 * MB for chunk in others)
    assert last.length <= 128 * MB
    assert (plan.total_chunk_count > 1) >= (size > 64 * MB)
    assert plan.total_chunk_count == 1 or plan.chunk_size >= 5 * MIB


@given(sizes, settings, st.data())
def test_every_byte_lies_in_the_chunk_found_for_it(size: int, numbers: dict[str, int], data: st.DataObject) -> None:
    plan = plan_chunks(size, **numbers)
    offset = data.draw(st.integers(0, size - 1))
    chunk = plan.chunk_at(offset)

    assert chunk.first <= offset <= chunk.last
    assert plan.boundary_at_or_below(offset) == chunk.first
    assert list(plan.chunks())[chunk.index] == chunk


def test_official_example() -> None:
    plan = plan_chunks(50_000_123, single_limit=6 * MB)

    assert plan == ChunkPlan(chunk_size=10 * MB, total_chunk_count=5, size=50_000_123)
    assert plan.chunk_at(50_000_122) == Chunk(4, 40_000_000, 50_000_122)


@pytest.mark.parametrize(
    ("size", "chunk_size", "count"),
    [(1, 1, 1), (64 * MB, 64 * MB, 1), (64 * MB + 1, 10 * MB, 6), (4 * GIB, 10 * MB, 429)],
)
def test_default_plan(size: int, chunk_size: int, count: int) -> None:
    assert plan_chunks(size) == ChunkPlan(chunk_size, count, size)


def test_chunk_size_near_64_mb_still_gives_several_chunks() -> None:
    assert plan_chunks(100 * MB, chunk_size=64 * MB) == ChunkPlan(50 * MB, 2, 100 * MB)


@pytest.mark.parametrize(
    ("uploaded", "boundary"),
    [(-1, 0), (0, 0), (9_999_999, 0), (10 * MB, 10 * MB), (69 * MB, 60 * MB), (70 * MB, 70 * MB), (99 * MB, 70 * MB)],
)
def test_boundary_to_resume_from(uploaded: int, boundary: int) -> None:
    assert plan_chunks(70 * MB).boundary_at_or_below(uploaded) == boundary


@pytest.mark.parametrize(
    "numbers",
    [
        {"size_bytes": 0},
        {"size_bytes": 4 * GIB + 1},
        {"size_bytes": 1, "chunk_size": MB},
        {"size_bytes": 1, "chunk_size": 65 * MB},
        {"size_bytes": 1, "single_limit": 65 * MB},
    ],
)
def test_numbers_outside_of_tiktoks_limits_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        plan_chunks(**numbers)


@pytest.mark.parametrize("offset", [-1, 70 * MB])
def test_no_chunk_lies_outside_of_the_file(offset: int) -> None:
    with pytest.raises(ValueError):
        plan_chunks(70 * MB).chunk_at(offset)
