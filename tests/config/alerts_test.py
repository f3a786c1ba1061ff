"""The alert rules of config/alerts.yml: known metrics, a command that helps in each, and what they say of samples (alerts_cases.yml)."""

import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.join(os.path.dirname(__file__), "../..")
RULES = os.path.join(ROOT, "config/alerts.yml")
CASES = os.path.join(os.path.dirname(__file__), "alerts_cases.yml")
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
        for command in (["check", "rules", RULES], ["test", "rules", CASES]):
            ran = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
            self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)

    def test_each_rule_has_a_case(self):
        with open(CASES, encoding="utf-8") as file:
            self.assertEqual(set(rules()), set(re.findall(r"alertname: (\w+)", file.read())))

    def test_no_rule_breaks_when_several_nodes_export_the_same(self):
        """The side of a match that must be unique is summed up over nodes: their label `instance` makes it ambiguous else."""
        for name, text in rules().items():
            if match := re.search(r"group_left\s*(.*?)(?=\n        \w)", text, re.S):
                self.assertRegex(match.group(1), r"\b(min|max|sum) by \(", name)


if __name__ == "__main__":
    sys.exit(unittest.main())
