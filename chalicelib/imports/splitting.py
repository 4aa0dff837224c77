"""Lines of a file that is read as it comes, with the place where each ends."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

LINE_BYTES = 64 * 1024


class Raw(Struct, frozen=True):
    """A line without its end; `content` is None where it was too long to be kept.

    `end` is how many bytes of the file have been read with it.
    """

    content: bytes | None
    end: int


def lines(chunks: Iterable[bytes], start: int) -> Iterator[Raw]:
    """The lines of a file from byte `start` on, which begins a line."""
    kept, long, end = b"", False, start
    for chunk in chunks:
        *whole, rest = (kept + chunk).split(b"\n")
        for line in whole:
            end += len(line) + 1
            yield Raw(None if long or len(line) > LINE_BYTES else line, end)
            long = False
        kept = rest
        if len(kept) > LINE_BYTES:
            # It is thrown away as it comes; only its length is kept.
            end, kept, long = end + len(kept), b"", True
    if kept or long:
        yield Raw(None if long else kept, end + len(kept))
