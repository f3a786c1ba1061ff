"""A real `nova serve` in a folder of its own, and accounts on it; what the Python tests of this folder start from."""

import contextlib
import ctypes
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

# Limits of time are so many times as long in a build under a sanitizer, where memory is not measured either.
SLOWDOWN = int(os.environ.get("NOVA_SLOWDOWN", "1"))
READY_LIMIT_S, STOP_LIMIT_S, ANSWER_LIMIT_S = 60 * SLOWDOWN, 20 * SLOWDOWN, 15 * SLOWDOWN
PR_SET_PDEATHSIG = 1
# Settings of a server whose rss_kib is to tell what is held: jemalloc keeps freed pages for 10 s. It slows the server down.
FREED_PAGES_GO_AT_ONCE = {"MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """A port of loopback that was free a moment ago. Below those that the kernel gives to outgoing connections: one of these would hold
    a server's port while it is down."""
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class NovaServer:
    """`with NovaServer({"NOVA_GATEWAY__CALLS_PER_S": "9"}) as nova:` starts it, waits for its ready line and ends it."""

    def __init__(self, settings=None):
        self.folder = tempfile.mkdtemp(prefix="nova-hostile-")
        os.chmod(self.folder, 0o755)  # the embedded PostgreSQL runs as a user of its own when we are root
        self.data = os.path.join(self.folder, "data")
        self.settings = settings or {}
        self.port = 0
        self.process = None
        self.people = 0

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        with contextlib.suppress(OSError, ValueError), open(f"{self.data}/postgres/postmaster.pid") as file:
            os.kill(int(file.readline()), signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        with open(f"{self.folder}/stderr.log", "ab") as log:
            self.process = subprocess.Popen(
                [os.environ.get("NOVA_BINARY", "nova"), "serve", "--port", str(self.port), "--data", self.data],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, **self.settings}, preexec_fn=_die_with_parent)
        timer = threading.Timer(READY_LIMIT_S, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        ready = re.fullmatch(r"nova ready: https?://127\.0\.0\.1:(\d+)\n", line)
        if not ready:
            raise RuntimeError(f"nova did not become ready: {line!r}\n{self.log()[-3000:]}")
        self.port = int(ready.group(1))

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None

    def log(self):
        with open(f"{self.folder}/stderr.log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.M).group(1))

    def call(self, method, path, body=None, token=None, content_type="application/json"):
        """(status, headers, body bytes); a dict is sent as JSON."""
        headers = {"Content-Type": content_type} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_LIMIT_S)
        with contextlib.closing(connection):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, headers)  # what is too large is answered while it is being sent
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()

    def until(self, what, holds, most_s=30 * SLOWDOWN):
        """The first true answer of holds(); an error with the log's end when there is none in time."""
        over = time.monotonic() + most_s
        pause = threading.Event()  # never set: between two looks
        while not (seen := holds()):
            if time.monotonic() > over:
                raise AssertionError(f"{what}\n{self.log()[-3000:]}")
            pause.wait(0.1)
        return seen

    def person(self, name):
        """A registered account: {"account_id", "access_token", "refresh_token", "handle", …}."""
        self.people += 1
        handle = f"{name}_{os.getpid()}_{self.people}"[:30]
        status, _, body = self.call("POST", "/v1/auth/register", {
            "email": f"{handle}@example.org", "handle": handle, "password": "correct horse battery",
            "display_name": name})
        if status != 201:
            raise RuntimeError(f"registration: {status} {body!r}")
        return {**json.loads(body), "handle": handle, "password": "correct horse battery"}

    def direct(self, one, other):
        """The id of the two people's conversation."""
        status, _, body = self.call("POST", "/v1/conversations",
                                    {"kind": "direct", "member_ids": [other["account_id"]]}, one["access_token"])
        if status not in (200, 201):
            raise RuntimeError(f"conversation: {status} {body!r}")
        return json.loads(body)["conversation_id"]
