"""A child process that sees all of MiniStack's state as it was at one instant."""

import contextlib
import copy
import gc
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

LIMIT = 30
"""Seconds after which a child that has not finished is ended."""

log = logging.getLogger(__name__)

# The child runs only what it is given, holds every lock that could stop it, and ends by os._exit.
warnings.filterwarnings(
    "ignore", r"This process .* is multi-threaded, use of fork", DeprecationWarning
)


def fork_for(work: Callable[[], None], keep_open: int) -> int:
    """Do `work` in a child, whose only open files are `keep_open` and the standard three.

    The caller goes on at once, and owes the returned process number to `reap`. Nothing else runs
    in the child, so there `copy.deepcopy` gives back what it is given.
    """
    with _held(_locks_of_ministack()):
        child = os.fork()
    if child == 0:
        _work_and_exit(work, keep_open)
    return child


def reap(child: int) -> None:
    """Wait for the child; log it when it failed."""
    _, status = os.waitpid(child, 0)
    if status:
        log.error("a snapshot failed: exit status %s", os.waitstatus_to_exitcode(status))


def _locks_of_ministack() -> list[Any]:
    """Every lock in a global of its modules: one taken at the fork stays so in the child."""
    kinds = (type(threading.Lock()), type(threading.RLock()))
    modules = [
        module for name, module in sorted(sys.modules.items()) if name.startswith("ministack.")
    ]
    locks = [
        value for module in modules for value in vars(module).values() if isinstance(value, kinds)
    ]
    return list({id(lock): lock for lock in locks}.values())


@contextlib.contextmanager
def _held(locks: list[Any]) -> Iterator[None]:
    """Takes them all and gives them back: after a fork in both processes."""
    with contextlib.ExitStack() as stack:
        for lock in locks:
            # Taken for microseconds. One that stays taken may hang the child: LIMIT ends it.
            if lock.acquire(timeout=1):
                stack.callback(lock.release)
            else:
                log.warning("%r is taken for long", lock)
        yield


def _work_and_exit(work: Callable[[], None], keep_open: int) -> NoReturn:
    status = 1
    try:
        _leave_the_engine(keep_open)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _leave_the_engine(keep_open: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ctrl-C in a terminal reaches every process; work under way is to be finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIMIT)
    # The engine's port and its pipes to the functions must not stay open when it is killed.
    os.closerange(3, keep_open)
    os.closerange(keep_open + 1, 65536)
    gc.disable()
    setattr(copy, "deepcopy", _itself)  # noqa: B010 (an assignment that mypy accepts)


def _itself(value: Any, memo: object = None) -> Any:
    return value
