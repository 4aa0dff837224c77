"""Decode HEIF in a process of its own, which may crash, hang or swell without harm to its parent.

HEIF needs it: one changed byte (an item type that is not UTF-8) crashes its decoder's binding, and
a few kilobytes (tiles larger than the picture) keep it busy for minutes. The process gets no
environment, so no credentials.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from contextlib import suppress

import msgspec
from PIL import Image

from chalicelib.photos.decoding import FORMATS, Photo, Reason, Rejected, decode
from chalicelib.photos.evidence import Evidence

# A HEIC of 12 million pixels takes 0.8 s of processor and 115 MB, of 48 million 2.3 s and 360 MB.
PROCESSOR_SECONDS, WALL_SECONDS = 8, 20
MEMORY_BYTES = 1_000_000_000


class _Decoded(msgspec.Struct):
    pixels: bytes
    size: tuple[int, int]
    width: int
    height: int
    evidence: Evidence


def decode_in_sandbox(body: bytes, longest: int, wall_seconds: float = WALL_SECONDS) -> Photo:
    """Do what decode() does, for HEIF too; a file that kills the process is Rejected."""
    try:
        answer = _ask(body, longest, wall_seconds)
    except subprocess.TimeoutExpired as error:
        raise Rejected(Reason.TOO_COSTLY) from error
    if isinstance(answer, Reason):
        raise Rejected(answer)
    image = Image.frombytes("RGB", answer.size, answer.pixels)
    return Photo(image, answer.width, answer.height, answer.evidence)


def _ask(body: bytes, longest: int, wall_seconds: float) -> _Decoded | Reason:
    process = subprocess.run(
        [sys.executable, "-m", "chalicelib.photos.sandbox", str(longest)],
        input=body,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=wall_seconds,
        # Where this process found its modules and its interpreter's library, and nothing else.
        env={"PYTHONPATH": ":".join(sys.path), "LD_LIBRARY_PATH": f"{sys.base_prefix}/lib"},
        check=False,
    )
    if process.returncode == 0:
        return msgspec.msgpack.decode(process.stdout, type=_Decoded | Reason)
    if process.returncode == -signal.SIGXCPU:
        return Reason.TOO_COSTLY
    if process.returncode < 0:
        return Reason.CORRUPT
    # It could not even start: a fault of ours, not of the file.
    raise ChildProcessError(f"The sandbox ended with status {process.returncode}.")


def _main(longest: int) -> None:
    """Run in the child: a picture on standard input, what came of it on standard output."""
    # The soft limit sends SIGXCPU, the hard one just kills.
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # macOS knows this limit but refuses to set it.
    with suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.stdout.buffer.write(msgspec.msgpack.encode(_decoded(sys.stdin.buffer.read(), longest)))


def _decoded(body: bytes, longest: int) -> _Decoded | Reason:
    # Here alone: the parent neither pays for it nor can be harmed by it. The picture itself only:
    # no embedded thumbnail, depth map or gain map is parsed.
    import pi_heif

    pi_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )
    try:
        image, width, height, evidence = decode(body, longest, (*FORMATS, "HEIF"))
    except Rejected as refusal:
        return refusal.reason
    return _Decoded(image.tobytes(), image.size, width, height, evidence)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
