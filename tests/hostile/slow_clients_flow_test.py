"""Row 5: slowhttptest's three attacks and wrk against a nova, beside a normal client: slow_clients_flow_test.py [--seconds 240].

Short, as in ctest: limits of 6 s instead of 10 and 30, so that an attack of 14 s shows that its connections are ended.
With --seconds of 60 and more the defaults stay."""

import argparse
import contextlib
import http.client
import re
import select
import subprocess
import sys
import threading
import time

from nova_server import SLOWDOWN, NovaServer

CONNECTIONS = 1000
SHORT_S, SHORT_LIMIT_MS = 14, 6000
SAMPLE_EVERY_S = 0.01
# The p99 may double; up to this much it is the machine's own noise, since tool, client and server share two cores.
NOISE_S = 0.05 * SLOWDOWN
SLACK_CONNECTIONS = 20
QUIET_S = 3  # of the normal client alone, before each attack

ATTACKS = {
    "slow headers": (["-H", "-i", "2"], "/healthz"),
    "slow bodies": (["-B", "-i", "2", "-s", "8192", "-f", "application/json"], "/v1/auth/logout"),
    "slow reads": (["-X", "-i", "1", "-n", "2", "-k", "5", "-w", "512", "-y", "1024", "-z", "32"], "/openapi.json"),
}


class NormalClient(threading.Thread):
    """Asks for a profile each 10 ms over one connection until it is ended; `seconds` are the times of the answers."""

    def __init__(self, nova, token):
        super().__init__()
        self.nova, self.token = nova, token
        self.over = threading.Event()
        self.seconds, self.failures = [], []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.nova.port, timeout=15)
        intended = time.monotonic()
        while not self.over.is_set():
            intended = max(intended + SAMPLE_EVERY_S, time.monotonic() - SAMPLE_EVERY_S)
            began = time.monotonic()
            try:
                connection.request("GET", "/v1/users/me", headers={"Authorization": f"Bearer {self.token}"})
                reply = connection.getresponse()
                reply.read()
                if reply.status != 200:
                    self.failures.append(reply.status)
            except OSError as why:
                self.failures.append(why)
                connection.close()
            now = time.monotonic()
            self.seconds.append(now - began)
            self.over.wait(max(0, intended - now))

    def end(self):
        """p99 in seconds."""
        self.over.set()
        self.join()
        assert not self.failures, self.failures[:5]
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]


@contextlib.contextmanager
def normal_client(nova, token, out):
    client = NormalClient(nova, token)
    client.start()
    try:
        yield
    finally:
        out.append(client.end())


def gauge(nova, name):
    _, _, body = nova.call("GET", "/metrics")
    return int(re.search(rf"^nova_gateway_{name} (\d+)$", body.decode(), re.M).group(1))


def await_connections(nova, fits, seconds):
    """Looks four times a second; the number of connections at the end."""
    until = time.monotonic() + seconds
    while not fits(seen := gauge(nova, "connections")) and time.monotonic() < until:
        select.select([], [], [], 0.25)
    return seen


def attack(nova, token, name, seconds, limit_s):
    options, path = ATTACKS[name]
    command = ["slowhttptest", *options, "-c", str(CONNECTIONS), "-r", "250", "-l", str(seconds), "-p", "15", "-v", "0",
               "-u", f"http://127.0.0.1:{nova.port}{path}"]
    quiet, p99 = [], []
    with normal_client(nova, token, quiet):
        select.select([], [], [], QUIET_S)
    with normal_client(nova, token, p99):
        tool = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            peak = await_connections(nova, lambda n: n >= CONNECTIONS * 9 // 10, 8)
            left = peak
            if name != "slow reads":  # what the kernel takes whole is written, as far as a server can see
                left = await_connections(nova, lambda n: n < SLACK_CONNECTIONS, limit_s + 4)
            tool.communicate(timeout=seconds + 30)
        finally:
            tool.kill()
            tool.wait()
    assert peak >= CONNECTIONS // 2, f"{name}: only {peak} connections came"
    if name != "slow reads":
        assert left < SLACK_CONNECTIONS, f"{name}: {left} connections live longer than {limit_s} s"
    after = await_connections(nova, lambda n: n < SLACK_CONNECTIONS, 10)
    assert after < SLACK_CONNECTIONS, f"{name}: {after} connections are left"
    return quiet[0], p99[0], peak


def wrk(nova):
    out = subprocess.run(["wrk", "-t", "1", "-c", "64", "-d", "3s", f"http://127.0.0.1:{nova.port}/healthz"], check=True,
                         capture_output=True, text=True).stdout
    assert "Socket errors" not in out and "Non-2xx" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=SHORT_S)
    seconds = options.parse_args().seconds
    short = seconds < 60
    limits = {f"NOVA_GATEWAY__{name}_TIMEOUT_MS": str(SHORT_LIMIT_MS) for name in ("HEADER", "BODY", "WRITE")} if short else {}
    failed = False
    with NovaServer(limits) as nova:
        token = nova.person("ann")["access_token"]
        for name in ATTACKS:
            limit_s = SHORT_LIMIT_MS / 1000 if short else 10 if name == "slow headers" else 30
            quiet, p99, peak = attack(nova, token, name, seconds, limit_s)
            fits = p99 <= max(2 * quiet, NOISE_S)
            failed = failed or not fits
            print(f"{'ok' if fits else 'FAILED'} {name}: {peak} connections for {seconds} s, normal client p99 {p99 * 1000:.1f} ms, "
                  f"quiet {quiet * 1000:.1f} ms", flush=True)
        print(f"wrk: {wrk(nova):.0f} requests/s over 64 connections, no errors")
        assert nova.process.poll() is None, "the server died"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
