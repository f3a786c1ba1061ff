"""Runs the WebSocket conformance cases against a nova of its own: conformance_flow_test.py [NUMBER-PREFIX…] [-v]."""

import sys
import time

import conformance_frames  # noqa: F401  (fills CASES)
import conformance_text  # noqa: F401
from conformance_cases import CASES, Talk
from nova_server import NovaServer

LEAST_CASES = 300


def run(port, token, conversation, steps, subprotocol):
    with Talk(port, token, conversation, subprotocol) as s:
        steps(s)


def main(arguments):
    verbose = "-v" in arguments
    wanted = tuple(a for a in arguments if a != "-v")
    chosen = [c for c in CASES if not wanted or c[0].startswith(wanted)]
    numbers = [c[0] for c in CASES]
    assert len(set(numbers)) == len(numbers), "a case's number stands twice"
    assert len(CASES) >= LEAST_CASES
    failed = []
    # The run sends more than one person may: it is about frames, and the rates have tests of their own.
    with NovaServer({"NOVA_GATEWAY__CALLS_PER_S": "100000", "NOVA_GATEWAY__CALLS_BURST": "100000"}) as nova:
        ann, bob = nova.person("ann"), nova.person("bob")
        conversation = nova.direct(ann, bob)
        for number, title, subprotocol, steps in chosen:
            began = time.monotonic()
            try:
                run(nova.port, ann["access_token"], conversation, steps, subprotocol)
            except Exception as why:  # each case is judged alone
                failed.append(number)
                print(f"FAILED {number}: {title}\n       {type(why).__name__}: {str(why)[:400]}", flush=True)
            if verbose:
                print(f"{number}: {title}: {(time.monotonic() - began) * 1000:.0f} ms", flush=True)
    print(f"{len(chosen)} of {len(CASES)} cases run, {len(failed)} failed: {' '.join(failed[:40])}")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
