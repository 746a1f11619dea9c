"""The limits of one connection, one client and one process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one web process. Rates are in bytes per second, measured while the server waits for the client."""

    header_s: float = 10.0  # from the first byte of a request, or from the connection, to the end of its headers
    header_bytes: int = 64 * 1024
    headers: int = 100
    keep_alive_s: int = 15
    connections: int = 4000
    connections_per_client: int = 100
    requests_per_client: int = 100

    silence_s: float = 20.0  # a client that sends or takes nothing for this long is disconnected
    grace_s: float = 10.0
    lowest_rate: int = 1000
    body_bytes: int = 2_500_000  # received whole before the application runs; longer ones are refused or streamed
    memory_bytes: int = 64 * 1024  # of such a body; the rest lies in an unlinked file

    piece_bytes: int = 4_000_000  # of a resumable upload: at most this much is not on disk yet
    piece_s: float = 60.0
    pieces_bytes: int = 16_000_000  # of all pieces in memory; above it they are on disk until they are complete
    small_piece_bytes: int = 64_000  # stays in memory all the same
    block_bytes: int = 256 * 1024  # of a file that is sent
    linger_s: float = 3.0  # how long a refused body is read and dropped, so that its sender sees the refusal

    page_threads: int = 16
    upload_threads: int = 1  # pages share the interpreter with it; a piece of 4 MB takes some 20 ms
    form_threads: int = 32
    forms_per_client: int = 8
    queue: int = 400  # requests that wait for a thread; more are asked to come back
