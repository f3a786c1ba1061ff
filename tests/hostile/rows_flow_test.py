"""Runs the rows of README.md that need a whole nova: rows_flow_test.py [--full] [ROW…]. Figures are printed, failures name their row.

--full: 1,000 trials and samples where a run of all tests has fewer."""

import importlib
import sys
import time
import traceback

from nova_server import FREED_PAGES_GO_AT_ONCE, NovaServer

ROWS = []  # (number, title, steps)
PARTS = (("rows_edge", FREED_PAGES_GO_AT_ONCE), ("rows_accounts", {}))  # modules of rows, each with a server of these settings
FULL = "--full" in sys.argv


def row(number, title):
    """Adds the decorated function, which gets the running server and may return a figure to print."""
    def add(steps):
        ROWS.append((number, title, steps))
        return steps
    return add


def main(arguments):
    wanted = {int(a) for a in arguments if a != "--full"}
    done, failed = [], []
    for name, settings in PARTS:
        before = len(ROWS)
        importlib.import_module(name)
        chosen = [r for r in ROWS[before:] if not wanted or r[0] in wanted]
        if chosen:
            run(chosen, settings, failed)
        done += chosen
    print(f"{len(done)} rows, {len(failed)} failed")
    return 1 if failed or not done else 0


def run(chosen, settings, failed):
    """Runs these rows against one server and appends the numbers of those that fail."""
    with NovaServer(settings) as nova:
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


if __name__ == "__main__":
    sys.modules["rows_flow_test"] = sys.modules["__main__"]  # the rows add themselves to this run's list
    sys.exit(main(sys.argv[1:]))
