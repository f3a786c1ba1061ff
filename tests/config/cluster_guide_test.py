"""config/cluster and config/guide/operating_a_cluster.md: Nova reads each settings file, the files agree with each other, and each command
and setting that the page names exists."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
FILES, GUIDE = f"{ROOT}/config/cluster", f"{ROOT}/config/guide/operating_a_cluster.md"
MACHINES = ("alpha", "beta", "gamma")
PLACES_OF_A_DOMAIN, GATEWAYS = 2, 2
LIMIT_S = 60 * int(os.environ.get("NOVA_SLOWDOWN", "1"))
NETWORK, LOOPBACK = "10.0.0.", "127.0.0."  # nothing listens on loopback, so that each connection is refused at once


def text_of(name):
    with open(f"{FILES}/{name}", encoding="utf-8") as file:
        return file.read()


def nova(*words, **more):
    return subprocess.run([os.environ["NOVA_BINARY"], *words], capture_output=True, text=True, timeout=LIMIT_S, check=False, **more)


def values(name, key):
    """Of a line `key: value` anywhere in a YAML file, without its comment."""
    return re.findall(rf"^\s*{key}: *\"?([^#\n]*?)\"? *(?:#.*)?$", text_of(name), re.M)


class ThreeMachines(unittest.TestCase):
    def doctor(self, text):
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/nova.toml"
            with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as copy:
                copy.write(text.replace(NETWORK, LOOPBACK).replace("port=5432", "port=1"))
            return nova("doctor", "--config", file, "--data", f"{folder}/data", "--port", "0").stderr

    def test_nova_reads_each_settings_file_and_misses_nothing_but_the_servers(self):
        for machine in MACHINES:
            lines = [line for line in self.doctor(text_of(f"nova.{machine}.toml")).splitlines() if line.startswith("refused")]
            domains = tomllib.loads(text_of(f"nova.{machine}.toml"))["storage"]["dsn"]
            self.assertEqual(len(lines), len(domains), lines)
            for line in lines:
                self.assertRegex(line, r"^refused database of \w+: cannot connect: ")

    def test_a_setting_that_does_not_exist_is_noticed_by_the_same_reading(self):
        self.assertIn("cluster.seedz", self.doctor(text_of("nova.alpha.toml").replace("seeds =", "seedz =")))

    def test_roles_are_spread(self):
        files = {m: tomllib.loads(text_of(f"nova.{m}.toml")) for m in MACHINES}
        roles = [role for file in files.values() for role in file["cluster"]["roles"]]
        example = nova("doctor", "--example").stdout
        domains = re.findall(r"^#(\w+) = ", example[example.index("[storage.dsn]"):example.index("[storage.owner_dsn]")], re.M)
        self.assertGreater(len(domains), 1)
        self.assertEqual({role: roles.count(role) for role in roles},
                         {domain: PLACES_OF_A_DOMAIN for domain in domains} | {"gateway": GATEWAYS})
        for machine, file in files.items():
            cluster, dsns = file["cluster"], file["storage"]["dsn"]
            self.assertEqual(cluster["node"], machine)
            self.assertEqual(cluster["certificate"], f"/etc/nova/certificates/{machine}.pem")
            self.assertEqual(set(dsns), set(cluster["roles"]) - {"gateway"})
            for domain, dsn in dsns.items():
                self.assertIn(f"host={','.join(values(f'patroni.{m}.yml', 'listen')[1].split(':')[0] for m in MACHINES)} port=5432 ", dsn)
                self.assertTrue(dsn.endswith(f" dbname=nova_{domain} target_session_attrs=read-write"), dsn)

    def test_members_differ_in_name_and_address_only(self):
        for kind in ("patroni", "etcd"):
            plain = set()
            for number, machine in enumerate(MACHINES, 1):
                text = text_of(f"{kind}.{machine}.yml").replace(f" on {machine}:", " on NAME:").replace(f"\nname: {machine}\n", "\nname: NAME\n")
                plain.add(re.sub(rf"(listen[\w-]*|connect_address|[\w-]*advertise[\w-]*): (http://)?10\.0\.0\.{number}:", r"\1: ADDRESS:", text))
            self.assertEqual(len(plain), 1, kind)

    def test_an_acknowledged_commit_is_on_two_servers(self):
        for key, value in (("synchronous_mode", "true"), ("synchronous_mode_strict", "true"), ("failsafe_mode", "true"),
                           ("synchronous_commit", "on"), ("fsync", "on"), ("full_page_writes", "on"), ("mode", "off")):
            self.assertEqual(values("patroni.alpha.yml", key), [value], key)
        ttl, wait, retry = (int(values("patroni.alpha.yml", key)[0]) for key in ("ttl", "loop_wait", "retry_timeout"))
        self.assertLessEqual(wait + 2 * retry, ttl)
        self.assertIn("\nKillMode=control-group\n", text_of("patroni.service.conf"))
        self.assertIn("--config-file /etc/etcd.yml", text_of("etcd.default"))


class TheGuide(unittest.TestCase):
    def setUp(self):
        with open(GUIDE, encoding="utf-8") as file:
            self.guide = file.read()
        blocks = "".join(re.findall(r"^```sh\n(.*?)^```", self.guide, re.M | re.S))
        inline = re.findall(r"`((?:nova|patronictl) [^`]+)`", self.guide)
        self.commands = [shlex.split(line.split(" > ")[0]) for line in [*blocks.splitlines(), *inline]]

    def test_each_command_of_nova_exists_with_its_options(self):
        used = [words[1:] for words in self.commands if words[0] == "nova"]
        self.assertGreaterEqual({words[0] for words in used}, {"databases", "doctor", "migrate", "certs", "serve", "cluster"})
        for words in used:
            told = nova(words[0], "--help")
            self.assertEqual(told.returncode, 0, words)
            for option in [word for word in words[1:] if word.startswith("--")]:
                self.assertRegex(told.stdout, rf"{option}\b", words)
            if words[0] == "cluster":
                self.assertRegex(told.stdout, rf"\b{words[1]}\b", words)

    def test_each_command_of_patroni_exists(self):
        used = [words for words in self.commands if words[0] == "patronictl"]
        self.assertGreater(len(used), 3)
        if shutil.which("patronictl") is None:
            self.skipTest("no patronictl here")
        known = subprocess.run(["patronictl", "--help"], capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
        for words in used:
            self.assertEqual(words[1:3], ["-c", "/etc/patroni/config.yml"])
            self.assertRegex(known, rf"(?m)^  {words[3]} ", words)

    def test_each_file_and_port_that_it_names_is_there(self):
        named = {name.replace("NAME", machine) for name in re.findall(r"^\| `(\w+\.[\w.]+)` \|", self.guide, re.M) for machine in MACHINES}
        self.assertEqual(named, set(os.listdir(FILES)))
        files = "".join(text_of(name) for name in os.listdir(FILES))
        for port in re.findall(r"^\| (\d+)", self.guide, re.M):
            self.assertTrue(re.search(rf"[: =]{port}\b", files) or f"= {port}" in nova("doctor", "--example").stdout, port)
        for key in re.findall(r"^\| ((?:`[a-z_]+`[^|`]*)+)\|", self.guide, re.M):
            for name in re.findall(r"`([a-z_]+)`", key):
                self.assertIn(f"{name}:", files, name)


if __name__ == "__main__":
    sys.exit(unittest.main())
