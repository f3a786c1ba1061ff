"""`config/up --nodes 3` without its build: three nodes and their PostgreSQL, as config/build/nodes.bash starts them, and `nova cluster` against
each of them."""

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SLOWDOWN = int(os.environ.get("NOVA_SLOWDOWN", "1"))
READY_LIMIT_S, ANSWER_LIMIT_S, STOP_LIMIT_S = 60 * SLOWDOWN, 15 * SLOWDOWN, 30 * SLOWDOWN
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
NODES, GATEWAYS = 3, 2
AT_ONCE_S = 1 * SLOWDOWN
# Of one domain on one node: storage.read_connections, storage.slow_read_connections and cluster.parts.
CONNECTIONS_OF_A_DOMAIN = 4 + 2 + 4
PLACES_OF_A_DOMAIN = 2  # how many of the nodes have its role


def free_ports():
    """A port after which, 100, 200 and 300 further on too, one is free for each node."""
    while True:
        first = random.randrange(20000, 30000)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for hundred in (0, 100, 200, 300):
                for node in range(NODES + 1):
                    held.enter_context(socket.create_server(("127.0.0.1", first + hundred + node)))
            return first


class Nodes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nova-nodes-")
        os.chmod(self.folder, 0o755)
        self.data = f"{self.folder}/nodes"
        self.port = free_ports()
        script = 'exec 3>&1; source config/build/steps.bash; source config/build/nodes.bash; serve_nodes "$@"'
        with open(f"{self.folder}/stderr.log", "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", script, "nodes", str(NODES), str(self.port), self.data,
                 os.environ["NOVA_BINARY"]], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(self.clean)

    def clean(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_LIMIT_S)
        self.process.kill()
        for pid in re.findall(r"is process (\d+),", self.log()):
            with contextlib.suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)
        with contextlib.suppress(OSError, ValueError), open(f"{self.data}/postgres/data/postmaster.pid", encoding="ascii") as file:
            os.kill(int(file.readline()), signal.SIGQUIT)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with open(f"{self.folder}/stderr.log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def ready_gateways(self):
        timer = threading.Timer(READY_LIMIT_S, self.process.kill)
        timer.start()
        ports = []
        for line in self.process.stdout:
            if ready := re.fullmatch(r"nova ready: http://127\.0\.0\.1:(\d+)\n", line):
                ports.append(int(ready.group(1)))
            if len(ports) == 2:
                break
        timer.cancel()
        self.assertEqual(len(ports), 2, self.log()[-3000:])
        return sorted(ports)  # node1 first, also when node2 is ready first

    def call(self, port, method, path, body=None, token=None):
        """Bytes are sent as text, all else as JSON."""
        kind = "text/plain" if isinstance(body, bytes) else "application/json"
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)) as connection:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()

    def until(self, port, path, token=None, status=200):
        """Asks until that status is the answer."""
        over = time.monotonic() + READY_LIMIT_S
        pause = threading.Event()  # never set: between two questions
        while True:
            answered, body = self.call(port, "GET", path, token=token)
            if answered == status:
                return body
            self.assertLess(time.monotonic(), over, f"{path}: {answered} {body!r}\n{self.log()[-3000:]}")
            pause.wait(0.1)

    def eventually(self, what, holds):
        """The first true answer of holds()."""
        over = time.monotonic() + READY_LIMIT_S
        pause = threading.Event()  # never set: between two looks
        while not (seen := holds()):
            self.assertLess(time.monotonic(), over, f"{what}\n{self.log()[-3000:]}")
            pause.wait(0.1)
        return seen

    def cluster(self, node, *words):
        """`nova cluster` against the node of that number: status, output, errors."""
        done = subprocess.run([os.environ["NOVA_BINARY"], "cluster", *words, "--at", f"127.0.0.1:{self.port + 200 + node}"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ANSWER_LIMIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def told(self, node, *words):
        status, text, errors = self.cluster(node, *words)
        self.assertEqual(status, 0, errors)
        return text

    def owners(self, node):
        """By part, as the node knows them."""
        return {f"{part['domain']}.{part['part']}": part["node"] for part in json.loads(self.told(node, "shards", "--json"))["domains"]}

    def members(self, node):
        return {m["node"]: m for m in json.loads(self.told(node, "members", "--json"))["members"]}

    def check_commands(self):
        names = {f"node{node}" for node in range(1, NODES + 1)}
        for node in range(1, NODES + 1):
            self.eventually("all nodes are linked", lambda: sum(m["linked"] for m in self.members(node).values() if not m["self"]) == NODES - 1)
            self.eventually("each part has an owner", lambda: all(self.owners(node).values()))
            json_status = json.loads(self.told(node, "status", "--json"))
            self.assertEqual({m["node"] for m in json_status["members"]}, names)
            self.assertEqual(set(self.members(node)), names)
            members = [line.split() for line in self.told(node, "members").splitlines()]
            self.assertEqual({line[0]: line[1] for line in members}, {name: "asked" if name == f"node{node}" else "linked" for name in names})
            self.eventually("each node tells its load", lambda: all(m["load"] for m in self.members(node).values()))
            for m in self.members(node).values():
                self.assertIn(m["load"]["processor_percent"], range(101))
                self.assertGreaterEqual(m["load"]["waiting_calls"], 0)
            for line in self.told(node, "members").splitlines():
                self.assertRegex(line, r" \d+% +\d+ [a-z,]+$")
            for line in members:
                self.assertEqual(line[-1].split(","), self.members(node)[line[0]]["roles"])
            shards = [line.split() for line in self.told(node, "shards").splitlines()]
            self.assertEqual({line[0] for line in shards}, set(self.owners(node)))
            self.assertEqual({line[1] for line in shards} - names - {"-"}, set())  # some may just be moving
            status = self.told(node, "status").splitlines()
            self.assertEqual([line.split()[0] for line in status if line], [line[0] for line in members + shards])
        for more in ((), ("--json",)):
            self.move_a_part(*more)
            status, text, errors = self.cluster(1, "move", "no_such_domain", "node2", *more)
            self.assertEqual((status, text if more else errors), (1, '{"accepted":false,"reason":"There is no such domain."}\n' if more
                                                                  else "nova: There is no such domain.\n"))
        status, _, errors = self.cluster(NODES + 1, "status")
        self.assertEqual(status, 1)
        self.assertIn("does not answer", errors)

    def check_ingest(self):
        """Ports for encoders are this cluster's own: another cluster of the machine may have the usual one."""
        started = self.eventually("the gateways serve RTMP, or its programs are not installed",
                                  lambda: "rtmp.not_installed" in self.log() or len(found := self.rtmp_ports()) == GATEWAYS and found)
        if started is not True:
            self.assertEqual(started, {self.port + 300 + node for node in range(1, GATEWAYS + 1)})

    def rtmp_ports(self):
        return {int(port) for port in re.findall(r"event=rtmp\.(?:started|port_taken) port=(\d+)", self.log())}

    def move_a_part(self, *more):
        """A part whose node is not the only one with its role. Refused while parts move by themselves."""
        def moved():
            members = self.members(1)
            for part, owner in self.owners(1).items():
                others = [name for name, m in members.items() if part.partition(".")[0] in m["roles"] and name != owner]
                if owner and others:
                    status, text, _ = self.cluster(int(owner[4:]), "move", part, others[0], *more)
                    if status == 0:
                        self.assertEqual(text, '{"accepted":true}\n' if more else "accepted\n")
                        return part, others[0]
            return None

        part, to = self.eventually("a move is accepted", moved)
        for node in range(1, NODES + 1):
            self.eventually(f"{part} is at {to}", lambda: self.owners(node)[part] == to)

    def most_connections(self):
        """Of the role with the most, now."""
        folder = f"{self.data}/postgres"
        as_server = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        said = subprocess.run(
            [*as_server, "psql", "-h", folder, "-d", "postgres", "-Atc",
             "SELECT max(n) FROM (SELECT count(*) n FROM pg_stat_activity WHERE usename LIKE 'nova\\_%' GROUP BY usename) x"],
            cwd="/", check=True, capture_output=True, text=True)
        return int(said.stdout)

    def test_three_nodes_serve_within_their_connections_and_outlive_one(self):
        first, second = self.ready_gateways()
        for port in (first, second):
            self.until(port, "/readyz")
        status, body = self.call(first, "POST", "/v1/auth/register", {
            "email": "ada@example.org", "handle": "ada", "password": "correct horse battery", "display_name": "Ada"})
        self.assertEqual(status, 201, body)
        token = json.loads(body)["access_token"]
        self.until(second, "/v1/users/me", token)
        for path in ("/v1/feed", "/v1/conversations", "/v1/bookmarks", "/v1/streams"):
            self.until(second, path, token)
        status, body = self.call(first, "POST", "/v1/media", b"bytes that the first node took", token)
        self.assertEqual(status, 201, body)
        self.assertEqual(self.until(second, f"/v1/media/{json.loads(body)['media_id']}/content", token), b"bytes that the first node took")
        self.assertLessEqual(self.most_connections(), CONNECTIONS_OF_A_DOMAIN * PLACES_OF_A_DOMAIN)
        with open(f"{self.data}/postgres/log", encoding="utf-8", errors="replace") as file:
            refused = [line for line in file if "FATAL" in line and "connection" in line]
        self.assertEqual(refused, [])

        self.check_ingest()
        self.check_commands()
        third = int(re.search(r"node3 is process (\d+),", self.log()).group(1))
        os.kill(third, signal.SIGKILL)
        for path in ("/v1/users/me", "/v1/feed", "/v1/conversations"):
            self.until(first, path, token)

        # Both nodes of the domain user are gone: after the time of a take-over its calls are refused at once.
        self.assertEqual(json.loads(self.told(2, "drain", "--json")), {"accepted": True})
        self.eventually("node2 has ended", lambda: "event=stop.done" in self.log())
        self.until(first, "/v1/users/me", token, status=503)
        over = time.monotonic() + READY_LIMIT_S
        took = READY_LIMIT_S
        while took > AT_ONCE_S and time.monotonic() < over:
            began = time.monotonic()
            self.assertEqual(self.call(first, "GET", "/v1/users/me", token=token)[0], 503)
            took = time.monotonic() - began
        self.assertLess(took, AT_ONCE_S)
        self.until(first, "/v1/conversations", token)

        self.assertEqual(self.told(1, "drain"), "accepted\n")
        self.process.terminate()
        self.assertEqual(self.process.wait(STOP_LIMIT_S), 0, self.log()[-3000:])
        self.assertFalse(os.path.exists(f"{self.data}/postgres/data/postmaster.pid"))


if __name__ == "__main__":
    sys.exit(unittest.main())
