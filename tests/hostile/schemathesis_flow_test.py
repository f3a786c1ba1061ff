"""Schemathesis drives the HTTP API by /openapi.json alone: no server error, no answer that is not declared.

Arguments: a folder for its packages, which come from PyPI. Without them the test prints why and is skipped (status 77)."""

import os
import subprocess
import sys

from nova_server import NovaServer, SLOWDOWN

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from python_packages import SKIPPED, installed  # noqa: E402

PACKAGE, SEED, EXAMPLES_EACH = "schemathesis==4.32.5", "1", "10"
RUN_LIMIT_S = 300 * SLOWDOWN
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# They end the one session of the run, and everything after them would be 401.
ENDS_THE_SESSION = r"^/v1/(account|auth/(logout|sessions|refresh|password))"
HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    programs = installed(sys.argv[1], PACKAGE)
    if programs is None:
        return SKIPPED
    with NovaServer({"NOVA_GENERAL__LOG_LEVEL": "warn"}) as nova:
        ann = nova.person("ann")
        done = subprocess.run(
            [f"{programs}/schemathesis", "--config-file", f"{HERE}/schemathesis.toml", "run", f"http://127.0.0.1:{nova.port}/openapi.json",
             "-H", f"Authorization: Bearer {ann['access_token']}", "--max-examples", EXAMPLES_EACH, "--seed", SEED,
             "--exclude-path-regex", ENDS_THE_SESSION, "--phases", "examples,fuzzing", "--checks", CHECKS, "--continue-on-failure", "--no-color", "--workers", "1",
             "--request-timeout", str(10 * SLOWDOWN)],
            env={**os.environ, "SCHEMATHESIS_HOOKS": f"{HERE}/schemathesis_hooks.py"}, cwd=nova.folder, capture_output=True, text=True, timeout=RUN_LIMIT_S, check=False)
        print(done.stdout[-20_000:], done.stderr[-2_000:])
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
