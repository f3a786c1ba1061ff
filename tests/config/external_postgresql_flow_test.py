"""The commands of config/guide/external_postgresql.md, run in their order against a second PostgreSQL, and what goes wrong."""

import contextlib
import http.client
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))

from second_server import LIMIT_S, PASSWORD, SecondServer  # noqa: E402

GUIDE = os.path.join(os.path.dirname(__file__), "../../config/guide/external_postgresql.md")


def shell_blocks():
    """The text of each ```sh block of the guide."""
    with open(GUIDE, encoding="utf-8") as file:
        return re.findall(r"^```sh\n(.*?)^```", file.read(), re.M | re.S)


class TheGuide(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="nova-guide-")
        self.server = SecondServer()
        bin_folder = f"{self.work}/bin"
        os.mkdir(bin_folder)
        shutil.copy(os.environ["NOVA_BINARY"], f"{bin_folder}/nova")
        os.makedirs(f"{self.work}/share/nova/web")
        with open(f"{self.work}/share/nova/web/index.html", "w", encoding="utf-8") as page:
            page.write("<!doctype html><title>the page</title>")
        self.environment = {**os.environ, **self.server.place(), "PATH": f"{bin_folder}:{os.environ['PATH']}",
                            "NOVA_GENERAL__DATA_DIR": f"{self.work}/data", "NOVA_GATEWAY__PORT": "0"}

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.work, ignore_errors=True)

    def run_shell(self, text, **more):
        return subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.work, env={**self.environment, **more},
                              capture_output=True, text=True, timeout=LIMIT_S)

    def good(self, text):
        done = self.run_shell(text)
        self.assertEqual(0, done.returncode, text + done.stdout + done.stderr)
        return done.stdout + done.stderr

    @contextlib.contextmanager
    def serving(self, command):
        with open(f"{self.work}/stderr.log", "wb") as log:
            nova = subprocess.Popen(command.split(), cwd=self.work, env=self.environment, stdout=subprocess.PIPE, stderr=log,
                                    text=True)
        timer = threading.Timer(LIMIT_S, nova.kill)
        timer.start()
        line = nova.stdout.readline()
        timer.cancel()
        try:
            with open(f"{self.work}/stderr.log", encoding="utf-8") as log:
                self.assertRegex(line, r"^nova ready: ", log.read())
            yield nova, int(line.strip().rsplit(":", 1)[1])
        finally:
            nova.terminate()
            self.assertEqual(0, nova.wait(LIMIT_S))
            nova.stdout.close()

    def register(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
        with contextlib.closing(connection):
            connection.request("POST", "/v1/auth/register", json.dumps(
                {"email": "ann@example.org", "handle": "ann_guide", "password": "correct horse battery", "display_name": "Ann"}),
                {"Content-Type": "application/json"})
            return connection.getresponse().status

    def page(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            return connection.getresponse().read().decode()

    def check_doctor(self):
        """O: the doctor says what a start would do, and nothing is done."""
        said = self.good("nova doctor --config nova.toml")
        for domain in ("auth", "user", "messaging"):
            self.assertIn(f"A start would apply {domain}/0001_{domain} to the database of {domain}.", said)
            self.assertEqual("f", self.server.ask(f"nova_{domain}", "SELECT to_regclass('schema_migration') IS NOT NULL"))
        self.assertFalse(os.path.exists(f"{self.work}/data"))

    def check_status(self, status, said):
        """`nova migrate --status` says it of each domain, by its exit status too, and changes nothing."""
        done = self.run_shell("nova migrate --status --config nova.toml")
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        self.assertEqual(8, len(done.stdout.splitlines()), done.stdout)
        for domain in ("auth", "user", "messaging"):
            self.assertRegex(done.stdout, f"(?m)^{domain}: {said.format(domain=domain)}$")

    def check_status_of_another_version(self):
        """A newer version's migrations are no fault; a changed one, and a server that is away, are status 3."""
        self.server.ask("nova_user", "INSERT INTO schema_migration (part, number, name, sha256) "
                        "SELECT 'user', max(number) + 1, 'next', '' FROM schema_migration WHERE part = 'user' RETURNING 1")
        self.assertRegex(self.good("nova migrate --status --config nova.toml"), r"(?m)^user: \d+ applied, 0 outstanding, 1 of a newer version$")
        self.server.ask("nova_user", "DELETE FROM schema_migration WHERE name = 'next' RETURNING 1")
        away = f"host={self.work} user=nova_user dbname=nova_user"
        done = self.run_shell("nova migrate --status --config nova.toml", NOVA_STORAGE__OWNER_DSN__USER=away)
        self.assertEqual(3, done.returncode, done.stdout + done.stderr)
        self.assertIn("nova: database of user: ", done.stderr)
        self.assertEqual(7, len(done.stdout.splitlines()), done.stdout)

    def check_refusals(self):
        """O: roles are checked before migrating, and a settings file with passwords is private."""
        admin = f"host={self.server.folder} user=postgres password='{PASSWORD}' dbname=nova_auth"
        for command in ("migrate", "serve"):
            done = self.run_shell(f"nova {command} --config nova.toml", NOVA_STORAGE__OWNER_DSN__AUTH=admin)
            self.assertEqual(3, done.returncode, done.stderr)
            self.assertIn("owner_dsn names the superuser postgres", done.stderr)
            self.assertEqual("f", self.server.ask("nova_auth", "SELECT to_regclass('schema_migration') IS NOT NULL"))
        done = self.run_shell("nova serve --config nova.toml", NOVA_GENERAL__OPERATIONS="localhost:9400")
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertIn("general.operations: needs a numeric address and a port", done.stderr)
        os.chmod(f"{self.work}/nova.toml", 0o644)
        done = self.run_shell("nova doctor --config nova.toml")
        self.assertEqual(2, done.returncode)
        self.assertIn("others can read nova.toml, and it holds a secret; `chmod 600` it", done.stderr)
        os.chmod(f"{self.work}/nova.toml", 0o600)

    def test_O_the_guides_commands_work_at_the_first_try(self):
        place, make, use = shell_blocks()
        self.assertTrue(place.startswith("export PGHOST="))  # set by setUp instead
        self.good(make)
        self.assertEqual(0o600, stat.S_IMODE(os.stat(f"{self.work}/nova.toml").st_mode))
        doctor, migrate, serve = use.strip().splitlines()
        self.check_status(1, r"0 applied, \d+ outstanding: runtime/0001_runtime, .*{domain}/0001_{domain}.*")
        self.check_doctor()
        self.check_refusals()
        self.good(doctor)
        self.good(migrate)
        self.check_status(0, r"\d+ applied, 0 outstanding")
        self.check_status_of_another_version()
        self.assertNotIn("would apply", self.good(doctor))
        with self.serving(serve) as (nova, port):
            self.assertEqual(201, self.register(port))
            self.assertIn("the page", self.page(port))  # O: found beside the binary, without a setting
            seen = self.run_shell(doctor, NOVA_GATEWAY__PORT=str(port))
            self.assertEqual(0, seen.returncode, seen.stderr)
            self.assertIn(f"Nova serves this folder: process {nova.pid}.", seen.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
