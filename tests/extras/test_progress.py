"""The bar of a download in a terminal."""

import io

from tinygrad_edu.data.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    with Progress("set/file", 2_000_000) as progress:
        for count in (500_000, 0, 2_000_000):  # it may begin anew
            progress.at(count)
        written = progress.bar.fp
    assert "set/file: 100%" in written.getvalue()
    assert "2.00M/2.00M" in written.getvalue()
