"""Settings of every test, and places that tests of files need."""

import os
import pathlib
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code. Continuous integration judges a change by
# the same examples each time; new ones are searched for wherever else the tests run.
settings.register_profile("patient", parent=settings(), deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("patient")


# A shell starts what runs in the background with Ctrl-C ignored, which programs inherit: tests of interruption start
# some, and need it as it is in the foreground.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def open_folder() -> Iterator[pathlib.Path]:
    """A folder in which everybody may write; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield pathlib.Path(name)


@pytest.fixture
def without_privileges() -> AbstractContextManager[None]:
    """A block run as somebody whom the modes of files bind: root is not bound."""

    @contextmanager
    def block() -> Iterator[None]:
        if os.geteuid():
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return block()
