"""config/nova.service: its options and variables are Nova's, and its limits fit the settings and the exit statuses."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
LIMIT_S = 60 * int(os.environ.get("NOVA_SLOWDOWN", "1"))


def text_of(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as file:
        return file.read()


UNIT = dict(re.findall(r"^(\w+)=(.*)$", text_of("config/nova.service"), re.M))


def default_of(setting):
    return int(re.search(rf"^#{setting} = (\d+)$", text_of("config/nova.example.toml"), re.M).group(1))


def status_of(name):
    return re.search(rf"exit_{name} = (\d+);", text_of("config/process/command_line.hpp")).group(1)


class TheUnit(unittest.TestCase):
    def test_O_its_limits_fit_the_defaults(self):
        beside = int(re.search(r"other_open_files = (\d+);", text_of("config/process/doctor.cpp")).group(1))
        self.assertGreaterEqual(int(UNIT["LimitNOFILE"]), default_of("max_connections") + beside)
        self.assertGreater(1000 * int(UNIT["TimeoutStopSec"]), default_of("stop_budget_ms"))
        self.assertEqual("mixed", UNIT["KillMode"])  # a signal to PostgreSQL too would end it under Nova

    def test_O_what_cannot_be_served_is_not_tried_again(self):
        self.assertEqual([status_of("bad_usage"), status_of("refused")], UNIT["RestartPreventExitStatus"].split())

    def test_O_its_command_and_variables_are_read(self):
        program, serve, option, file = shlex.split(UNIT["ExecStart"])
        self.assertEqual(("nova", "serve", "--config", "nova.toml"),
                         (os.path.basename(program), serve, option, os.path.basename(file)))
        name, folder = UNIT["Environment"].split("=")
        self.assertEqual(os.path.basename(folder), UNIT["StateDirectory"])
        with tempfile.TemporaryDirectory() as work:
            open(os.open(f"{work}/nova.toml", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8").close()

            def doctor(variable):
                return subprocess.run([os.environ["NOVA_BINARY"], "doctor", option, f"{work}/nova.toml", "--port", "0"],
                                      env={**os.environ, variable: f"{work}/data"}, capture_output=True, text=True,
                                      timeout=LIMIT_S, check=False)

            good, bad = doctor(name), doctor(name + "X")
            self.assertNotEqual(int(status_of("bad_usage")), good.returncode, good.stderr)
            self.assertEqual(int(status_of("bad_usage")), bad.returncode, bad.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
