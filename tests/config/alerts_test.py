"""The alert rules of config/alerts.yml: known metrics, and a command that helps in each."""

import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.join(os.path.dirname(__file__), "../..")
RULES = os.path.join(ROOT, "config/alerts.yml")
RULE = re.compile(r"^      - alert: (\w+)\n((?:^        .*\n)+)", re.M)


def rules():
    with open(RULES, encoding="utf-8") as file:
        return {m.group(1): m.group(2) for m in RULE.finditer(file.read())}


class Alerts(unittest.TestCase):
    def test_each_rule_is_whole(self):
        self.assertGreaterEqual(len(rules()), 5)
        for name, text in rules().items():
            for part in ("expr: ", "severity: ", "summary: ", "command: "):
                self.assertIn(part, text, name)

    def test_each_metric_is_one_of_nova(self):
        with open(os.path.join(ROOT, "protocols/metrics.txt"), encoding="utf-8") as file:
            known = set(re.findall(r"\bnova_\w+", file.read()))
        for name, text in rules().items():
            used = set(re.findall(r"\bnova_\w+", text.split("labels: {")[0]))
            self.assertTrue(used, name)
            for metric in used:
                self.assertIn(metric, known, name)

    def test_each_command_is_one_of_nova(self):
        for name, text in rules().items():
            words = re.search(r'command: "nova ([a-z ]+)"', text).group(1).split()
            ran = subprocess.run([os.environ["NOVA_BINARY"], *words, "--help"], capture_output=True, text=True, check=False)
            self.assertEqual(0, ran.returncode, f"{name}: {ran.stderr}")
            self.assertIn("--json", ran.stdout, name)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_prometheus_takes_the_rules(self):
        ran = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, check=False)
        self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
