"""A: a client that openapi-typescript makes of a running Nova's /openapi.json compiles without a warning, and works."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))
from nova_server import NovaServer  # noqa: E402


def run(*command):
    done = subprocess.run(["node_modules/.bin/" + command[0], *command[1:]], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
    if done.returncode != 0 or "warning" in done.stdout.lower():
        sys.exit(f"{command[0]} ended with {done.returncode}")


with NovaServer() as nova:
    origin = f"http://127.0.0.1:{nova.port}"
    run("openapi-typescript", f"{origin}/openapi.json", "--output", "generated_paths.ts")
    run("tsc", "--project", "tsconfig.json")
    if subprocess.run(["node", "compiled/generated_client.js", origin]).returncode != 0:
        sys.exit(nova.log()[-3000:])
