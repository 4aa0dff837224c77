"""One process at a time owns the data folder."""

import fcntl
import os
import time
from pathlib import Path


class Taken(Exception):
    """What the engine needs belongs to another process; the text says to which, and what to do."""


def take(lock: Path, holding: str, patience: float) -> int:
    """Own the folder of `lock` until this process, and every process forked from it, has ended.

    Waits up to `patience` seconds for an owner that is just ending. `holding` is what a later one
    is told about us. Returns the lock's file descriptor. Raises Taken with the owner's number.
    """
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + patience
    while not _locked(file):
        if time.monotonic() >= deadline:
            owner = os.pread(file, 200, 0).decode()
            os.close(file)
            raise Taken(f"{lock.parent} is in use by {owner}. Stop that one first.")
        time.sleep(0.05)
    os.ftruncate(file, 0)
    os.pwrite(file, f"process {os.getpid()} ({holding})".encode(), 0)
    return file


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
