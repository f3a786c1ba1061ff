"""What a Nova without clients costs: processor time and wake-ups of its own process, PostgreSQL's not counted, and ports."""

import contextlib
import glob
import os
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../hostile"))
from nova_server import NovaServer, SLOWDOWN  # noqa: E402

SETTLE_S, LOOK_S = 8, 12
# The goal is 0.3 % of a quiet core; on a machine that does other work each wake-up costs several times as much.
MOST_CPU_PERCENT = 1.0 * SLOWDOWN
# Each domain's lane renews its lease once a second and looks twice.
MOST_WAKES_PER_S, MOST_WAKES_PER_S_AND_DOMAIN = 60, 12
LISTENS = "0A"  # in /proc


def listening_ports(pid):
    """The TCP and UDP ports of a process that others may reach."""
    mine = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            mine.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    ports = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as file:
            rows = [line.split() for line in file][1:]
        ports += [int(row[1].rpartition(":")[2], 16) for row in rows
                  if f"socket:[{row[9]}]" in mine and (row[3] == LISTENS or table.startswith("udp"))]
    return ports


class Idle(unittest.TestCase):
    def spent(self, pid):
        """Seconds of processor time, and how often a thread slept."""
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        wakes = 0
        for path in glob.glob(f"/proc/{pid}/task/*/status"):
            with open(path, encoding="ascii") as file:
                wakes += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M).group(1))
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), wakes

    def test_O_an_idle_node_costs_little_and_listens_on_one_port(self):
        with NovaServer() as nova:
            _, _, body = nova.call("GET", "/metrics")
            domains = len(re.findall(rb"^nova_domain_serving\{", body, re.M))
            self.assertGreaterEqual(domains, 3)
            self.assertEqual(listening_ports(nova.process.pid), [nova.port])  # none for other nodes
            passing = threading.Event()  # never set: what is measured is a span of time
            passing.wait(SETTLE_S)
            cpu, wakes = self.spent(nova.process.pid)
            began = time.monotonic()
            passing.wait(LOOK_S)
            took = time.monotonic() - began
            cpu_after, wakes_after = self.spent(nova.process.pid)
            percent, per_s = 100 * (cpu_after - cpu) / took, (wakes_after - wakes) / took
            print(f"idle: {percent:.2f} % of a core, {per_s:.0f} wake-ups a second, {domains} domains", file=sys.stderr)
            self.assertLess(percent, MOST_CPU_PERCENT)
            self.assertLess(per_s, MOST_WAKES_PER_S + domains * MOST_WAKES_PER_S_AND_DOMAIN)


if __name__ == "__main__":
    sys.exit(unittest.main())
