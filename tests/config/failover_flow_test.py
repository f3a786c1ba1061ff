"""A PostgreSQL and its synchronous standby, as config/guide/external_postgresql.md describes them: the primary fails under load, the
standby is promoted, and Nova goes on there without a restart and without an answered write lost."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from second_server import LIMIT_S, SLOWDOWN, become_server_user, server_bin  # noqa: E402

WRITERS, BEFORE, AFTER = 4, 40, 40  # answered writes of all writers
# From the promoted server's readiness to the first answered write.
MOST_GAP_S = 5 * SLOWDOWN
# Here a standby takes over within moments. A frozen server is given up after this; by default the wait is longer.
GIVE_UP_MS = 2000


class Server:
    """One PostgreSQL on a socket in a folder of its own, in a process group of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="nova-failover-")
        os.chmod(self.folder, 0o777)
        self.data = f"{self.folder}/data"
        self.process = None

    def as_server(self, *command):
        subprocess.run([f"{server_bin()}/{command[0]}", *command[1:]], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, cwd="/", preexec_fn=become_server_user, timeout=LIMIT_S)

    def start(self, *settings):
        more = [part for setting in ("listen_addresses=", f"unix_socket_directories={self.folder}", *settings) for part in ("-c", setting)]
        self.process = subprocess.Popen([f"{server_bin()}/postgres", "-D", self.data, *more], stderr=subprocess.PIPE, text=True,
                                        preexec_fn=become_server_user, cwd="/", start_new_session=True)
        for line in self.process.stderr:
            if "ready to accept" in line:
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def ask(self, sql):
        return subprocess.run(["psql", "-h", self.folder, "-U", "postgres", "-d", "postgres", "-Atc", sql], check=True,
                              capture_output=True, text=True, timeout=LIMIT_S).stdout.strip()

    def signal_all(self, number):
        """Its children have sessions of their own."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False).stdout.split()
        for pid in (self.process.pid, *map(int, children)):
            with contextlib.suppress(OSError):
                os.kill(pid, number)

    def remove(self):
        if self.process is not None:
            self.signal_all(signal.SIGKILL)
            self.process.wait(LIMIT_S)
            self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Failover(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="nova-failover-")
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.primary, self.standby = Server(), Server()
        self.addCleanup(self.primary.remove)
        self.addCleanup(self.standby.remove)
        self.primary.as_server("initdb", "-D", self.primary.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                               "--auth=trust", "--no-sync")
        self.primary.start(*(["cluster_name=nova"] if "frozen" in self.id() else []))
        self.nova_databases()
        self.standby.as_server("pg_basebackup", "-D", self.standby.data, "-R", "-c", "fast", "-C", "-S", "second", "-d",
                               f"host={self.primary.folder} user=postgres application_name=second")
        self.standby.start()
        self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'second'")
        self.primary.ask("SELECT pg_reload_conf()")
        self.answered, self.refused, self.failed = [], [], threading.Event()
        self.lock = threading.Lock()
        self.more = threading.Condition(self.lock)

    def nova_databases(self):
        sql = subprocess.run([os.environ["NOVA_BINARY"], "databases", "--host", f"{self.primary.folder},{self.standby.folder}",
                              "--settings", "nova.toml"], cwd=self.work, check=True, capture_output=True, text=True, timeout=LIMIT_S).stdout
        subprocess.run(["psql", "-h", self.primary.folder, "-U", "postgres", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"],
                       input=sql, text=True, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S)

    def nova(self, command, settings):
        return subprocess.run([os.environ["NOVA_BINARY"], command, "--config", settings], cwd=self.work, capture_output=True,
                              text=True, timeout=LIMIT_S, env={**os.environ, "NOVA_GENERAL__DATA_DIR": f"{self.work}/data"}, check=False)

    @contextlib.contextmanager
    def serving(self):
        log = open(f"{self.work}/stderr.log", "wb")
        nova = subprocess.Popen([os.environ["NOVA_BINARY"], "serve", "--config", "nova.toml", "--port", "0"], cwd=self.work, stderr=log,
                                env={**os.environ, "NOVA_GENERAL__DATA_DIR": f"{self.work}/data",
                                     "NOVA_STORAGE__LANE_GIVEUP_MS": str(GIVE_UP_MS)}, stdout=subprocess.PIPE, text=True)
        timer = threading.Timer(LIMIT_S, nova.kill)
        timer.start()
        line = nova.stdout.readline()
        timer.cancel()
        try:
            self.assertRegex(line, r"^nova ready: ", self.log())
            self.port = int(line.strip().rsplit(":", 1)[1])
            yield
        finally:
            nova.terminate()
            nova.wait(LIMIT_S)
            nova.stdout.close()
            log.close()

    def log(self):
        with open(f"{self.work}/stderr.log", encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]

    def call(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)) as connection:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")

    def person(self, handle):
        status, body = self.call("POST", "/v1/auth/register", {
            "email": f"{handle}@example.org", "handle": handle, "password": "correct horse battery", "display_name": handle})
        self.assertEqual(status, 201, body)
        return body

    def write(self, conversation, token, over):
        """Sends message after message, each until it is answered."""
        pause = threading.Event()  # never set: before the same is sent again
        while not over.is_set():
            text = str(uuid.uuid4())
            while not over.is_set():
                status, body = self.call("POST", f"/v1/conversations/{conversation}/messages", {"client_id": text, "text": text}, token)
                with self.lock:
                    if status == 201:
                        self.answered.append((text, time.monotonic()))
                        self.more.notify_all()
                        break
                    self.refused.append((status, body.get("code")))
                pause.wait(0.05)

    def wait_answered(self, most_s, enough):
        with self.lock:
            self.assertTrue(self.more.wait_for(enough, most_s), f"{len(self.answered)} answered, refused {self.refused[-3:]}\n{self.log()}")

    def fail_over(self, strike, most_s):
        with self.serving():
            ann, bob = self.person("ann_over"), self.person("bob_over")
            token = ann["access_token"]
            status, body = self.call("POST", "/v1/conversations", {"kind": "direct", "member_ids": [bob["account_id"]]}, token)
            self.assertIn(status, (200, 201), body)
            conversation, over = body["conversation_id"], threading.Event()
            writers = [threading.Thread(target=self.write, args=(conversation, token, over)) for _ in range(WRITERS)]
            for writer in writers:
                writer.start()
            try:
                self.wait_answered(LIMIT_S, lambda: len(self.answered) >= BEFORE)
                self.primary.signal_all(strike)
                self.standby.as_server("pg_ctl", "promote", "-D", self.standby.data, "-w")
                promoted = time.monotonic()
                self.wait_answered(LIMIT_S, lambda: any(at > promoted for _, at in self.answered))
                gap = next(at for _, at in self.answered if at > promoted) - promoted
                after = len(self.answered)
                self.wait_answered(LIMIT_S, lambda: len(self.answered) >= after + AFTER)
            finally:
                over.set()
                for writer in writers:
                    writer.join()
            print(f"{gap:.2f} s from the promotion to the first answered write, {len(self.answered)} answered, "
                  f"{len(self.refused)} refused meanwhile", file=sys.stderr)
            self.assertLess(gap, most_s, self.log())
            self.assertEqual({status for status, _ in self.refused} - {503, 504}, set())
            self.assertEqual(self.stored(conversation, token), sorted(text for text, _ in self.answered))

    def stored(self, conversation, token):
        """The texts of all messages that were answered; those of writers that stopped in between are left out."""
        known, texts, before = {text for text, _ in self.answered}, [], ""
        while True:
            status, page = self.call("GET", f"/v1/conversations/{conversation}/messages?limit=100{before}", None, token)
            self.assertEqual(status, 200, page)
            if not page["items"]:
                return sorted(text for text in texts if text in known)
            texts += [m["text"] for m in page["items"]]
            before = f"&before_seq={min(m['seq'] for m in page['items'])}"

    def change(self, server, setting, value):
        server.ask(f"ALTER SYSTEM SET {setting} = '{value}'")
        server.ask("SELECT pg_reload_conf()")
        over = time.monotonic() + LIMIT_S
        while server.ask(f"SHOW {setting}") != value:
            self.assertLess(time.monotonic(), over, setting)

    def settings(self, name, hosts):
        """The settings with other hosts; the file's name."""
        with open(f"{self.work}/nova.toml", encoding="utf-8") as both:
            text = both.read().replace(f"{self.primary.folder},{self.standby.folder}", hosts)
        with open(os.open(f"{self.work}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def doctor(self, settings="nova.toml"):
        done = self.nova("doctor", settings)
        return done.returncode, done.stdout + done.stderr

    def check_doctor(self):
        """A standby that may lack answered writes is refused, and one that could lose them after it took over."""
        self.change(self.primary, "synchronous_standby_names", "")
        status, said = self.doctor()
        self.assertNotEqual(status, 0)
        self.assertIn("set synchronous_standby_names", said)
        status, said = self.doctor(self.settings("one.toml", self.primary.folder))  # whether that standby may take over is not said
        self.assertEqual(status, 0, said)
        self.assertIn("warning database of auth: a standby follows this server", said)

        self.change(self.primary, "synchronous_standby_names", "second")
        third = self.settings("third.toml", f"{self.primary.folder},{self.standby.folder},{self.work}")
        for names, waits in (("second", 1), ('"2 (", second', 1), ("ANY 1 (second, third)", 1), ("first 2(second, third)", 2), ("2 (*)", 2)):
            self.change(self.primary, "synchronous_standby_names", names)
            status, said = self.doctor(third)
            if waits == 2:
                self.assertEqual(status, 0, said)
            else:
                self.assertNotEqual(status, 0, names)
                self.assertIn("names 3 hosts, but a commit waits for 1 standby only", said)
        self.change(self.primary, "synchronous_standby_names", "second")
        for server, name in ((self.primary, ""), (self.standby, f"the standby {self.standby.folder}: ")):
            for setting in ("fsync", "full_page_writes"):
                self.change(server, setting, "off")
                status, said = self.doctor()
                self.assertNotEqual(status, 0)
                self.assertIn(f"refused database of auth: {name}{setting} is off", said)
                self.assertIn(f"set {setting} = on", said)
                self.change(server, setting, "on")
        status, said = self.doctor()
        self.assertEqual(status, 0, said)

    def test_a_killed_primary_loses_no_answered_write(self):
        self.check_doctor()
        self.fail_over(signal.SIGKILL, MOST_GAP_S)

    def test_a_frozen_primary_does_not_hold_nova_back(self):
        # Started as Patroni starts it, which chooses the standby that takes over.
        status, said = self.doctor(self.settings("third.toml", f"{self.primary.folder},{self.standby.folder},{self.work}"))
        self.assertEqual(status, 0, said)
        self.fail_over(signal.SIGSTOP, MOST_GAP_S)


if __name__ == "__main__":
    sys.exit(unittest.main())
