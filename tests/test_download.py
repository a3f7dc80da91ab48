"""Downloads from a server on this machine that cuts, stalls, redirects, refuses and lies."""

import dataclasses
import hashlib
import http.server
import math
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tinygrad_edu.data import download as downloads
from tinygrad_edu.data.download import download
from tinygrad_edu.data.published import File
from tinygrad_edu.data.storage import read

CONTENT = np.random.default_rng(0).bytes(200_000)
OTHER = np.random.default_rng(1).bytes(200_000)
VERSION = '"first"'


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers each request by the next function of the server's list, and by the last again and again."""

    def do_GET(self):
        asked = self.server.asked
        asked.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        answers = self.server.answers
        answers[min(len(asked), len(answers)) - 1](self)

    def log_message(self, *told):
        """Nothing is told of requests."""

    def give(self, body, status=200, length=None, **headers):
        self.send_response(status)
        if length != "untold":
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def whole(handler, content=CONTENT, etag=VERSION):
    """A server as it should be."""
    part = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    if part is None or handler.headers.get("If-Range", etag) != etag:
        handler.give(content, ETag=etag)
        return
    start = int(part[1])
    told = f"bytes {start}-{len(content) - 1}/{len(content)}"
    handler.give(content[start:], 206, ETag=etag, Content_Range=told)


def without_ranges(handler):
    handler.give(CONTENT)


def cut(count, **headers):
    return lambda handler: handler.give(CONTENT[:count], length=len(CONTENT), **{"ETag": VERSION, **headers})


def status(code, **headers):
    return lambda handler: handler.give(b"", code, **headers)


def silent(handler):
    time.sleep(1.5)


@pytest.fixture
def serve(monkeypatch):
    """Start a server with these answers; it gives the file to download, and the list of what it was asked for."""
    servers = []

    def start(*answers):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.answers, server.asked = answers, []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}/file"
        return File("set/file", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), url=url), server.asked

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(downloads, "PAUSE", 0.01)
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def left_in(folder):
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def test_a_file_is_downloaded_once(serve, tmp_path, capsys):
    file, asked = serve(whole)
    for _ in range(2):
        assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked == [("/file", None, None)]
    assert left_in(tmp_path) == ["file"]
    assert capsys.readouterr().err == "set/file: 0.2 of 0.2 MB\n"


def test_a_long_download_tells_how_far_it_is(serve, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("tinygrad_edu.data.progress.LONG", 100_000)
    file, _ = serve(whole)
    download(file, tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert 3 <= len(lines) <= 10
    assert lines[-1] == "set/file: 0.2 of 0.2 MB"


@pytest.mark.parametrize("etag", [{}, {"ETag": 'W/"weak"', "Last-Modified": "Sat, 01 Jan 2000 00:00:00 GMT"}])
def test_a_cut_connection_is_gone_on_with(serve, tmp_path, etag):
    file, asked = serve(cut(70_000, **etag), whole)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked[1][1] == "bytes=70000-"
    assert asked[1][2] == etag.get("Last-Modified", VERSION)
    assert left_in(tmp_path) == ["file"]


def test_many_cuts_that_each_bring_something(serve, tmp_path):
    def a_little(handler):
        start = int(re.sub(r"\D", "", handler.headers.get("Range", "0")))
        told = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        rest = len(CONTENT) - start
        handler.give(CONTENT[start:][:30_000], 206 if start else 200, length=rest, ETag=VERSION, Content_Range=told)

    file, asked = serve(a_little)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert [ask[1] for ask in asked] == [None, *[f"bytes={30_000 * k}-" for k in range(1, 7)]]


def test_what_has_arrived_is_kept_for_the_next_time(serve, tmp_path):
    file, asked = serve(cut(70_000), status(404), whole)
    with pytest.raises(ConnectionError, match=r"the server answers 404 Not Found"):
        download(file, tmp_path)
    assert left_in(tmp_path) == ["file.lock", "file.part", "file.version"]
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked[-1] == ("/file", "bytes=70000-", VERSION)


def test_a_server_without_ranges_starts_over(serve, tmp_path):
    file, asked = serve(cut(70_000), without_ranges)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert len(asked) == 2


def test_a_server_that_starts_elsewhere_than_asked(serve, tmp_path):
    def elsewhere(handler):
        handler.give(CONTENT, 206, Content_Range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")

    file, asked = serve(cut(70_000), elsewhere)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert len(asked) == 2


def test_a_file_that_has_become_another_in_between(serve, tmp_path):
    file, _ = serve(cut(70_000), lambda handler: whole(handler, OTHER, '"second"'))
    file = dataclasses.replace(file, digest=hashlib.sha256(OTHER).hexdigest())
    assert download(file, tmp_path).read_bytes() == OTHER


def test_a_part_that_does_not_fit_is_begun_anew(serve, tmp_path):
    file, asked = serve(whole)
    (tmp_path / "set").mkdir()
    for part in (OTHER[:1000], OTHER, OTHER + b"more"):
        asked.clear()
        (tmp_path / "set" / "file.part").write_bytes(part)
        assert download(file, tmp_path).read_bytes() == CONTENT
        assert asked[-1][1] is None
        (tmp_path / "set" / "file").unlink()


def test_redirects_are_followed(serve, tmp_path):
    file, asked = serve(status(302, Location="/there"), whole)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert [path for path, _, _ in asked] == ["/file", "/there"]


@pytest.mark.parametrize("to", ["file:///etc/passwd", "/file"])
def test_redirects_that_lead_nowhere(serve, tmp_path, to):
    file, _ = serve(status(302, Location=to))
    with pytest.raises(ConnectionError, match="the server answers 302"):
        download(file, tmp_path)


def test_another_file_that_comes_in_parts(serve, tmp_path):
    def half(handler):
        if handler.headers.get("Range"):
            whole(handler, OTHER)
        else:
            handler.give(OTHER[:70_000], length=len(OTHER), ETag=VERSION)

    file, asked = serve(half)
    with pytest.raises(ValueError, match="is not the published file, and was removed: its SHA-256"):
        download(file, tmp_path)
    assert len(asked) == 4  # two halves, and once more two


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda handler: handler.give(OTHER), "its SHA-256 is"),
        (lambda handler: handler.give(CONTENT[:-1]), "it has 199,999 bytes instead of 200,000"),
        (lambda handler: handler.give(CONTENT + b"x"), "it has 200,001 bytes instead of 200,000"),
        (lambda handler: handler.give(CONTENT + b"x", length="untold"), "it has more than 200,000 bytes"),
        (lambda handler: handler.give(b"<html>sign in</html>"), "it has 20 bytes instead of 200,000"),
    ],
)
def test_another_file_than_the_published_one(serve, tmp_path, answer, said):
    file, asked = serve(answer)
    with pytest.raises(ValueError, match=rf"what {file.url} gives is not the published file, and was removed: {said}"):
        download(file, tmp_path)
    assert len(asked) == 1
    assert left_in(tmp_path) == ["file.lock"]


def test_a_refusal_is_not_asked_again(serve, tmp_path):
    file, asked = serve(status(403))
    with pytest.raises(ConnectionError, match=r"answers 403 Forbidden.*put the file at '.*set/file', or set TINYGRAD"):
        download(file, tmp_path)
    assert len(asked) == 1


def test_a_server_that_is_busy_is_asked_again(serve, tmp_path):
    file, asked = serve(status(503), status(503), whole)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert len(asked) == 3


def test_a_server_that_stays_busy(serve, tmp_path):
    file, asked = serve(status(503))
    with pytest.raises(ConnectionError, match="503"):
        download(file, tmp_path)
    assert len(asked) == downloads.ATTEMPTS


def test_a_server_that_says_nothing(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.1)
    monkeypatch.setattr(downloads, "ATTEMPTS", 2)
    file, asked = serve(silent)
    with pytest.raises(ConnectionError, match="timed out"):
        download(file, tmp_path)
    assert len(asked) == 2


def test_a_server_that_falls_silent(serve, tmp_path, monkeypatch):
    def stalls(handler):
        cut(70_000)(handler)
        silent(handler)

    monkeypatch.setattr(downloads, "TIMEOUT", 0.1)
    file, asked = serve(stalls, whole)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked[1][1] == "bytes=70000-"


def test_a_server_that_hangs_up(serve, tmp_path):
    file, asked = serve(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), whole)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert len(asked) == 2


def test_no_network(serve, tmp_path, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path))
    monkeypatch.setattr("tinygrad_edu.data.storage.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(downloads, "PAUSE", math.nan)  # not to be slept for: nothing is asked twice
    for url, said in ((f"http://127.0.0.1:{port}/x", "refused"), ("http://nowhere.invalid/x", "")):
        file = File("set/file", 5, "0" * 64, url=url)
        with pytest.raises(ConnectionError) as caught:
            read(file)
        assert re.search(rf"cannot be downloaded \(.*{said}", str(caught.value))
        assert str(tmp_path / "set" / "file") in str(caught.value)
        assert caught.value.filename == url


def test_what_is_absent_is_read_by_way_of_a_download(serve, tmp_path, monkeypatch):
    file, asked = serve(whole)
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path / "new" / "folder"))
    monkeypatch.setattr("tinygrad_edu.data.storage.cache_folder", lambda: tmp_path / "cache")
    assert read(file) == read(file) == CONTENT
    assert len(asked) == 1
    assert left_in(tmp_path) == ["file"]
    (tmp_path / "new" / "folder" / "set" / "file").write_bytes(OTHER)
    with pytest.raises(ValueError, match="is damaged, or not the published file: its SHA-256"):
        read(file)
    assert len(asked) == 1


def test_a_folder_that_cannot_be_written_to_is_passed_over(serve, open_folder, without_privileges, monkeypatch):
    file, _ = serve(whole)
    (open_folder / "closed").mkdir(mode=0o555)
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(open_folder / "closed"))
    monkeypatch.setattr("tinygrad_edu.data.storage.cache_folder", lambda: open_folder / "cache")
    with without_privileges:
        assert read(file) == CONTENT
    assert (open_folder / "cache" / "set" / "file").is_file()


PROGRAM = """
import pathlib, sys
from tinygrad_edu.data.download import download
from tinygrad_edu.data.published import File
folder, size, digest, url = sys.argv[1:]
print(len(download(File("set/file", int(size), digest, url=url), pathlib.Path(folder)).read_bytes()))
"""


def start_another(file, folder):
    told = [str(folder), str(file.size), file.digest, file.url]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *told], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def slowly(handler):
    start = int(re.sub(r"\D", "", handler.headers.get("Range", "0")))
    told = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    handler.give(b"", 206 if start else 200, length=len(CONTENT) - start, ETag=VERSION, Content_Range=told)
    try:
        for k in range(start, len(CONTENT), 20_000):
            handler.wfile.write(CONTENT[k : k + 20_000])
            time.sleep(0.05)
    except OSError:
        return  # who asked is gone


def test_a_full_disk_is_told_and_what_fits_is_kept(serve, tmp_path):
    file, asked = serve(whole)
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n" + PROGRAM
    told = [str(tmp_path), str(file.size), file.digest, file.url]
    done = subprocess.run([sys.executable, "-c", limited, *told], capture_output=True, text=True, check=False)
    assert re.search(r"OSError: \[Errno 27\] File too large: '.*set/file'", done.stderr.splitlines()[-1])
    assert (tmp_path / "set" / "file.part").stat().st_size == 100_000
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked[1][1] == "bytes=100000-"


def test_two_processes_download_it_once(serve, tmp_path):
    file, asked = serve(slowly)
    for done in [start_another(file, tmp_path) for _ in range(2)]:
        out, err = done.communicate(timeout=60)
        assert (out, done.returncode) == (b"200000\n", 0), err
    assert len(asked) == 1


def test_a_process_that_is_killed_leaves_what_has_arrived(serve, tmp_path):
    file, asked = serve(slowly)
    killed = start_another(file, tmp_path)
    part: pathlib.Path = tmp_path / "set" / "file.part"
    while not part.exists() or part.stat().st_size < 20_000:
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    had = part.stat().st_size
    assert 0 < had < len(CONTENT)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked[1] == ("/file", f"bytes={had}-", VERSION)
