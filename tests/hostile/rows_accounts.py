"""Rows of tokens, passwords and login against a whole nova: revocation, refresh races, guessing, timing. Run by rows_flow_test.py."""

import collections
import concurrent.futures
import http.client
import json
import selectors
import socket
import statistics
import threading
import time

from nova_server import SLOWDOWN
from raw_websocket import CLOSE, TEXT, RawWebSocket, close_payload, frame
from rows_flow_test import FULL, row

UNAUTHENTICATED = 4401
TRIALS = 1000 // SLOWDOWN  # of twenty refreshes at once
TIMED = 1000 if FULL else 200  # logins of each kind
GUESSES = 1000
# On a quiet machine 0.1 s, which the bench's login scenario shows; here only that nobody waits for a queue of hashes.
REFUSED_WITHIN_S = 0.5 * SLOWDOWN


def opened(nova, token):
    s = RawWebSocket(nova.port, [f"Authorization: Bearer {token}"])
    s.send(frame(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"session.open","params":{}}'))
    assert b'"result"' in s.read_frame()[1]
    return s


def login(nova, person):
    status, _, body = nova.call("POST", "/v1/auth/login", {"identifier": person["handle"], "password": person["password"]})
    assert status == 200, (status, body)
    return json.loads(body)


def all_closed(sockets, since):
    """Every socket is closed with 4401 within 5 s of `since`; the time of the last."""
    for s in sockets:
        opcode, payload = s.read_frame(max(0.01, since + 5 - time.monotonic()))
        assert (opcode, payload[:2]) == (CLOSE, close_payload(UNAUTHENTICATED)), (opcode, payload)
        s.sock.close()
    return time.monotonic() - since


@row(14, "logout, another session's end, a password change: all sockets closed within 5 s, 100 of 100 each")
def _(nova):
    took = []
    for act in ("logout", "revoke", "password"):
        ann = nova.person("ann")
        gone, kept = login(nova, ann), login(nova, ann)
        lost = [opened(nova, gone["access_token"]) for _ in range(100)]
        stays = opened(nova, kept["access_token"])
        since = time.monotonic()
        if act == "logout":
            status, _, _ = nova.call("POST", "/v1/auth/logout", {"refresh_token": gone["refresh_token"]})
        elif act == "revoke":
            _, _, body = nova.call("GET", "/v1/auth/sessions", None, gone["access_token"])
            current = next(s["session_id"] for s in json.loads(body)["items"] if s["current"])
            status, _, _ = nova.call("DELETE", f"/v1/auth/sessions/{current}", None, kept["access_token"])
        else:
            status, _, _ = nova.call("POST", "/v1/auth/password", {
                "old_password": ann["password"], "new_password": "an entirely new phrase"}, kept["access_token"])
        assert status == 204, (act, status)
        took.append(f"{act} {all_closed(lost, since) * 1000:.0f} ms")
        assert nova.call("GET", "/v1/users/me", None, gone["access_token"])[0] == 401
        assert nova.call("GET", "/v1/users/me", None, kept["access_token"])[0] == 200
        stays.expect_silence()
        stays.sock.close()
    return ", ".join(took)


@row(19, "a refresh token used twice: its family is revoked and its sockets are closed")
def _(nova):
    ann = nova.person("ann")

    def refresh(token):
        return nova.call("POST", "/v1/auth/refresh", {"refresh_token": token})
    _, _, first = refresh(ann["refresh_token"])
    successor = json.loads(first)
    status, _, second = refresh(successor["refresh_token"])
    assert status == 200
    held = [opened(nova, ann["access_token"]), opened(nova, successor["access_token"])]
    since = time.monotonic()
    status, _, body = refresh(ann["refresh_token"])
    assert status == 401 and json.loads(body)["code"] == "refresh_reused", (status, body)
    all_closed(held, since)
    assert refresh(json.loads(second)["refresh_token"])[0] == 401
    assert nova.call("GET", "/v1/users/me", None, successor["access_token"])[0] == 401


@row(20, "the same refresh token twenty times at once: one family goes on, nobody honest is logged out")
def _(nova):
    connections = [http.client.HTTPConnection("127.0.0.1", nova.port, timeout=15) for _ in range(20)]
    token = nova.person("ann")["refresh_token"]
    start = threading.Barrier(len(connections))

    def use(connection, body):
        start.wait()
        connection.request("POST", "/v1/auth/refresh", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    with concurrent.futures.ThreadPoolExecutor(len(connections)) as pool:
        for trial in range(TRIALS):
            answers = list(pool.map(use, connections, [json.dumps({"refresh_token": token})] * len(connections)))
            assert all(status == 200 for status, _ in answers), (trial, [a for a in answers if a[0] != 200][:1])
            successors = {json.loads(body)["refresh_token"] for _, body in answers}
            assert len(successors) == 1, trial
            token = successors.pop()
    return f"{TRIALS} trials of 20"


@row(23, "passwords: 7 refused, 8 and 64 taken, too long refused before hashing, every byte counts")
def _(nova):
    def register(name, password):
        body = json.dumps({"email": f"{name}@example.org", "handle": name, "password": password, "display_name": name},
                          ensure_ascii=False).encode()
        began = time.monotonic()
        status, _, answer = nova.call("POST", "/v1/auth/register", body)
        return status, answer, time.monotonic() - began

    def enter(name, password):
        body = json.dumps({"identifier": name, "password": password}, ensure_ascii=False).encode()
        return nova.call("POST", "/v1/auth/login", body)[0]
    assert register("row23_a", "xk3 9wQ")[0] == 400
    assert register("row23_a", "xk3 9wQ!")[0] == 201
    assert register("row23_b", "xk3 9wQ!" * 8)[0] == 201
    assert register("row23_c", "a" * 1025)[0] == 400
    assert register("row23_c", "a" * (1 << 20))[0] == 413
    assert register("row23_c", "with\0nul in it")[0] == 400
    long = "a really quite long and dull pass phrase, long enough for bcrypt to cut it"
    assert register("row23_d", long[:72] + "x" + long[72:])[0] == 201
    assert enter("row23_d", long[:72] + "y" + long[72:]) == 401
    assert enter("row23_d", long[:72]) == 401
    assert enter("row23_d", long[:72] + "x" + long[72:]) == 200
    assert register("row23_e", "d\u00e9j\u00e0 vu \U0001f600")[0] == 201  # composed; decomposed is another password
    assert enter("row23_e", "de\u0301ja\u0300 vu \U0001f600") == 401
    assert enter("row23_e", "d\u00e9j\u00e0 vu \U0001f600") == 200
    refused = statistics.median(register("row23_f", "a" * 1025)[2] for _ in range(15))
    hashed = statistics.median(register(f"row23_g{i}", "xk3 9wQ!x")[2] for i in range(5))
    assert refused < hashed / 2, (refused, hashed)


def separability(a, b):
    """Two-sided p of the Mann-Whitney U test, by the normal approximation (no ties to speak of at nanoseconds)."""
    ranked = sorted([(x, 0) for x in a] + [(x, 1) for x in b])
    rank_sum = sum(i + 1 for i, (_, which) in enumerate(ranked) if which == 0)
    n, m = len(a), len(b)
    u = rank_sum - n * (n + 1) / 2
    deviation = (n * m * (n + m + 1) / 12) ** 0.5
    return 2 * (1 - statistics.NormalDist().cdf(abs(u - n * m / 2) / deviation))


@row(25, "an unknown name and a wrong password: same answer, and times that cannot be told apart")
def _(nova):
    attempts = 5  # of each name: the sixth failure locks
    known = [nova.person("timed")["handle"] for _ in range(TIMED // attempts)]
    unknown = [f"{name[:-2]}zz{i}" for i, name in enumerate(known)]
    nova.stop()  # so that no account is in memory because it was just registered
    nova.start()
    # From many addresses: one alone would be throttled.
    connections = [http.client.HTTPConnection("127.0.0.1", nova.port, timeout=15, source_address=(f"127.25.0.{n + 1}", 0))
                   for n in range(25)]
    answers, times = set(), {True: [], False: []}
    for attempt in range(attempts):
        for i, pair in enumerate(zip(known, unknown)):
            connection = connections[i % len(connections)]
            for name in pair if (i + attempt) % 2 else pair[::-1]:
                body = json.dumps({"identifier": name, "password": f"wrong horse {attempt}"})
                began = time.perf_counter_ns()
                connection.request("POST", "/v1/auth/login", body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                document = json.loads(reply.read())
                times[name == pair[0]].append(time.perf_counter_ns() - began)
                document.pop("request_id")
                answers.add((reply.status, json.dumps(document)))
    assert len(answers) == 1 and next(iter(answers))[0] == 401, answers
    p = separability(times[True], times[False])
    medians = [statistics.median(times[kind]) / 1e6 for kind in (True, False)]
    seen = f"{len(times[True])} each, p = {p:.3f}, medians {medians[0]:.2f} and {medians[1]:.2f} ms"
    assert p > 0.001, seen  # with 0.01 one honest run in a hundred would fail
    return seen


def guess_from(nova, source, body):
    """Status and seconds of one login attempt from a source address of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", nova.port, timeout=30, source_address=(source, 0))
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    began = time.monotonic()
    connection.request("POST", "/v1/auth/login", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    document = json.loads(reply.read())
    connection.close()
    return reply.status, document.get("code"), time.monotonic() - began


@row(26, "a thousand guesses at one account from a thousand addresses: five are evaluated, and the owner's device still gets in")
def _(nova):
    ann = nova.person("ann")
    body = json.dumps({"identifier": ann["handle"], "password": "wrong horse"})
    sources = [f"127.26.{i // 250}.{i % 250 + 1}" for i in range(GUESSES)]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        got = list(pool.map(lambda source: guess_from(nova, source, body), sources))
    took = time.monotonic() - began
    evaluated = sum(1 for status, _, _ in got if status == 401)
    assert {status for status, _, _ in got} <= {401, 429, 503}, {g[:2] for g in got}
    # Five, and one more each time a lock of 2, 4, 8, 16 … s has passed meanwhile.
    assert 1 <= evaluated <= 5 + max(0, int(took).bit_length()), (evaluated, took)
    status, _, fresh = nova.call("POST", "/v1/auth/refresh", {"refresh_token": ann["refresh_token"]})
    assert status == 200
    assert nova.call("GET", "/v1/users/me", None, json.loads(fresh)["access_token"])[0] == 200
    return f"{evaluated} evaluated in {took:.1f} s"


def all_at_once(nova, source, bodies):
    """[(status, code, seconds)] of login attempts that are sent without waiting for answers."""
    wanted = "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
    waiting, out = {}, []
    with selectors.DefaultSelector() as ready:
        for body in bodies:
            s = socket.create_connection(("127.0.0.1", nova.port), 30, (source, 0))
            ready.register(s, selectors.EVENT_READ)
            waiting[s] = [b"", 0.0]

        def take(patience_s):
            for key, _ in ready.select(patience_s):
                piece = key.fileobj.recv(65536)
                entry = waiting[key.fileobj]
                entry[0] += piece
                if piece:
                    continue
                head, answer = entry[0].split(b"\r\n\r\n", 1)
                out.append((int(head.split()[1]), json.loads(answer).get("code"), time.monotonic() - entry[1]))
                ready.unregister(key.fileobj)
                key.fileobj.close()
                del waiting[key.fileobj]
        for s, body in zip(list(waiting), bodies):
            waiting[s][1] = time.monotonic()
            s.sendall(f"{wanted}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            take(0)
        while waiting:
            take(60)
    return out


@row(27, "a guess at each of a thousand accounts from one address: throttled, and what is too much is refused at once")
def _(nova):
    bodies = [json.dumps({"identifier": f"spray_{i}", "password": "wrong horse"}) for i in range(GUESSES)]
    got = all_at_once(nova, "127.27.0.1", bodies)
    counts = collections.Counter((status, code) for status, code, _ in got)
    assert set(counts) <= {(401, "invalid_credentials"), (429, "rate_limited"), (503, "overloaded")}, counts
    assert counts[429, "rate_limited"] > GUESSES / 2, counts
    refused = sorted(seconds for status, _, seconds in got if status != 401)
    median, p99 = refused[len(refused) // 2], refused[len(refused) * 99 // 100]
    seen = f"{dict(counts)}, refused in {median * 1000:.1f} ms (median), {p99 * 1000:.0f} ms (p99)"
    assert p99 <= REFUSED_WITHIN_S, seen
    assert nova.call("GET", "/healthz")[0] == 200
    return seen
