"""A socket whose every wait ends by one deadline, and whose answer is never longer than a cap."""

import io
import socket
import time
from collections.abc import Buffer

ANSWER_BYTES_MAX = 65_536


class Deadline:
    """The end of the whole exchange, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    def elapsed_ms(self) -> int:
        """Milliseconds since the beginning."""
        return round((time.monotonic() - self._began) * 1000)

    def left_s(self, at_most_s: float = float("inf")) -> float:
        """Seconds that a wait may last; raises TimeoutError when nothing is left."""
        left = self._began + self._seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, at_most_s)


class Line:
    """What `http.client` asks of a socket, with each wait ended by the deadline."""

    def __init__(
        self, sock: socket.socket, deadline: Deadline, bytes_max: int = ANSWER_BYTES_MAX
    ) -> None:
        self._sock = sock
        self._deadline = deadline
        self.answer = AnswerBytes(sock, deadline, bytes_max)

    def sendall(self, data: bytes) -> None:
        """Send it all before the deadline."""
        self._sock.settimeout(self._deadline.left_s())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """The answer, to be read."""
        return io.BufferedReader(self.answer)

    def close(self) -> None:
        """Leave the closing to whoever opened the socket: the answer is not read yet."""


class AnswerBytes(io.RawIOBase):
    """The bytes that come back, headers and framing included: never more than the cap."""

    def __init__(self, sock: socket.socket, deadline: Deadline, bytes_max: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._bytes_left = bytes_max
        self.ended = False

    def readable(self) -> bool:
        """Always: it is a stream to read from."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """The next bytes; 0 at the end, or when the cap is reached."""
        self._sock.settimeout(self._deadline.left_s())
        window = memoryview(buffer)[: self._bytes_left]
        count = self._sock.recv_into(window) if window else 0
        self._bytes_left -= count
        self.ended = count == 0
        return count
