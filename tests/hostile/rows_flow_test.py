"""Runs the rows of README.md that need a whole nova: rows_flow_test.py [--full] [ROW…]. Figures are printed, failures name their row.

--full: 1,000 trials and samples where a run of all tests has fewer."""

import importlib
import sys
import time
import traceback

from nova_server import NovaServer

ROWS = []  # (number, title, steps)
FULL = "--full" in sys.argv


def row(number, title):
    """Adds the decorated function, which gets the running server and may return a figure to print."""
    def add(steps):
        ROWS.append((number, title, steps))
        return steps
    return add


def main(arguments):
    wanted = {int(a) for a in arguments if a != "--full"}
    chosen = [r for r in ROWS if not wanted or r[0] in wanted]
    failed = []
    with NovaServer() as nova:
        for number, title, steps in chosen:
            began = time.monotonic()
            try:
                figure = steps(nova)
                if nova.process.poll() is not None:
                    raise RuntimeError("the server died")
            except Exception:  # each row is judged alone
                failed.append(number)
                traceback.print_exc(file=sys.stdout)
            took = time.monotonic() - began
            verdict = "FAILED" if failed[-1:] == [number] else "ok"
            print(f"{verdict} row {number}: {title} ({took:.1f} s){': ' + figure if verdict == 'ok' and figure else ''}", flush=True)
    print(f"{len(chosen)} rows, {len(failed)} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.modules["rows_flow_test"] = sys.modules["__main__"]  # the rows add themselves to this run's list
    for name in ("rows_edge", "rows_accounts"):
        importlib.import_module(name)
    sys.exit(main(sys.argv[1:]))
