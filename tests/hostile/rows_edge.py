"""Rows of HTTP, WebSockets and bodies against a whole nova: limits, errors, memory. Run by rows_flow_test.py."""

import json
import random
import socket

from conformance_cases import field, fields_of, varint
from nova_server import ANSWER_LIMIT_S, SLOWDOWN
from raw_websocket import BINARY, CONTINUATION, TEXT, RawWebSocket, frame
from rows_flow_test import row

MIB = 1 << 20
HEAD = "POST /v1/auth/logout HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def exchange(port, data, source="127.0.0.1"):
    """(status, head, body) of the first answer to these bytes; status 0: the connection ended without one."""
    with socket.create_connection(("127.0.0.1", port), ANSWER_LIMIT_S, (source, 0)) as s:
        try:
            s.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        except (BrokenPipeError, ConnectionResetError):
            pass
        got = b""
        while b"\r\n\r\n" not in got:
            piece = s.recv(65536)
            if not piece:
                return 0, "", b""
            got += piece
        head, body = got.split(b"\r\n\r\n", 1)
        head = head.decode("latin-1")
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0)
        while len(body) < length:
            piece = s.recv(65536)
            if not piece:
                break
            body += piece
        return int(head.split()[1]), head, body


def grown_kib(nova, act, times):
    """By how much the server's resident memory grew over `times` runs, after some to warm it up."""
    for _ in range(max(3, times // 5)):
        act()
    before = nova.rss_kib()
    for _ in range(times):
        act()
    return nova.rss_kib() - before


@row(3, "headers, fields and targets over their limits are 431 and 414, and memory stays flat")
def _(nova):
    fields = "".join(f"X-{i}: y\r\n" for i in range(101))
    inputs = [(f"GET / HTTP/1.1\r\nHost: a\r\nX: {'a' * 17000}\r\n\r\n", 431), (f"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n", 431),
              (f"GET /{'a' * 8193} HTTP/1.1\r\nHost: a\r\n\r\n", 414), (f"GET / HTTP/1.1\r\nHost: a\r\nX: {'a' * 60000}", 431),
              (f"GET /{'a' * 60000}", 414)]

    def all_inputs():
        for data, status in inputs:
            got = exchange(nova.port, data)[0]
            assert got in (status, 0), (got, status, data[:40])  # 0: the reset overtook the answer
    grown = grown_kib(nova, all_inputs, 200)
    assert grown < 4096 or SLOWDOWN > 1, f"{grown} KiB"
    return f"1,000 refused requests: {grown} KiB"


@row(4, "a body over the limit is 413 before 64 KiB more than the limit came: by length, by chunks, by an endless chunk")
def _(nova):
    def status(data):
        return exchange(nova.port, data)[0]
    assert status(HEAD + f"Content-Length: {MIB + 1}\r\n\r\n") == 413  # not a byte of it was sent
    chunked = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
    room = "a" * (MIB + 60 * 1024)  # not a byte more is sent: the answer must come by now
    assert status(chunked + "7fffffff\r\n" + room) == 413
    pieces = "".join(f"4000\r\n{'a' * 0x4000}\r\n" for _ in range(MIB // 0x4000 + 1))
    assert status(chunked + pieces) == 413

    def endless():
        assert status(chunked + "7fffffff\r\n" + room) in (413, 0)
    grown = grown_kib(nova, endless, 20)
    assert grown < 8192 or SLOWDOWN > 1, f"{grown} KiB"
    return f"20 endless chunks: {grown} KiB"


@row(8, "errors are fixed documents with a request id, and tell nothing of the inside")
def _(nova):
    inside = [b"/usr", b"/home", b".cpp", b"postgres", b"SELECT", b"INSERT", b"libpq", b"Boost", b"Beast", b"caf::", b"std::",
              b"exception", b"Traceback", b"0x7f", nova.folder.encode()]
    ids = "01890000-0000-7000-8000-000000000000"
    calls = [("GET", "/no/such", None), ("GET", "/v1/users/nonsense", None), ("GET", f"/v1/users/{ids}", None),
             ("DELETE", "/v1/auth/login", None), ("POST", "/v1/auth/login", "{"), ("POST", "/v1/auth/login", "[]"),
             ("POST", "/v1/auth/login", '{"identifier":"\' OR 1=1","password":"x"}'), ("POST", "/v1/auth/refresh", "{}"),
             ("POST", "/v1/auth/register", '{"email":5}'), ("GET", "/v1/conversations?limit=%zz", None),
             ("PUT", f"/v1/users/{ids}/block", None), ("GET", f"/v1/conversations/{ids}/messages?limit=-1", None),
             ("PATCH", "/v1/users/me", '{"display_name":"\\u0000"}'), ("POST", "/v1/conversations", '{"kind":"x"}'),
             ("POST", "/v1/conversations", '{"kind":"group","member_ids":["1; DROP TABLE account"]}')]
    token = nova.person("eve")["access_token"]
    for method, path, body in calls:
        for bearer in (None, token, "forged.token.here"):
            status, headers, answer = nova.call(method, path, body, bearer)
            assert 400 <= status < 500, (method, path, status)
            document = json.loads(answer)
            assert headers["Content-Type"] == "application/problem+json"
            assert set(document) <= {"type", "title", "status", "detail", "code", "request_id", "errors", "retry_after_s"}, document
            assert document["request_id"] == headers["X-Request-Id"] and document["status"] == status
            assert headers["Server"] is None and headers["X-Powered-By"] is None
            leaked = [word for word in inside if word in answer]
            assert not leaked, (leaked, answer)
    for fields in ((), ("Authorization: Bearer x",), ("Origin: http://evil.example",), ("Sec-WebSocket-Version: 8",)):
        with RawWebSocket(nova.port, fields) as s:
            assert s.fields.get("server") in (None, "nova") and "x-request-id" in s.fields, s.fields
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                 random.Random(8).randbytes(2000) + b"\r\n\r\n"):
        status, head, body = exchange(nova.port, data)
        assert status in (400, 414, 431, 501, 505), (status, data[:20])
        assert "X-Request-Id" in head and not [word for word in inside if word in body]


@row(10, "a token in a URL opens nothing and stands in no log; without, expired, foreign, forged: 401")
def _(nova):
    token = nova.person("ann")["access_token"]
    status, _, _ = nova.call("GET", f"/v1/users/me?access_token={token}")
    assert status == 401
    with RawWebSocket(nova.port, path=f"/v1/ws?access_token={token}&token={token}") as s:
        assert s.status == 101  # as any socket without a bearer header: the first call has to be session.open
        s.send(frame(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"messaging.conversations","params":{}}'))
        assert json.loads(s.read_frame()[1])["error"]["code"] == 4010
    head, claims, signature = token.split(".")
    for bad in ("", "x", "a.b.c", token[:-2], f"{head}.{claims}.", f"{head}.{claims}.{signature[::-1]}", f"{claims}.{head}.{signature}"):
        with RawWebSocket(nova.port, [f"Authorization: Bearer {bad}"]) as s:
            assert s.status == 401, (s.status, bad)
    nova.call("GET", f"/v1/users/{token}")
    nova.call("GET", f"/{'a' * 4000}{token}")
    assert signature not in nova.log() and claims not in nova.log()


@row(12, "messages over the limit, a million fragments, a length of 2^63-1: 1009 or 1008, and no more memory than a message")
def _(nova):
    token = nova.person("ann")["access_token"]

    def after(data, *codes):
        with RawWebSocket(nova.port, [f"Authorization: Bearer {token}"]) as s:
            s.send(data)
            s.expect_close(*codes)
    over = frame(TEXT, b" " * (MIB + 1))
    empty = frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 1_000_000
    single = frame(TEXT, b" ", fin=False) + frame(CONTINUATION, b" ", fin=False) * 1_000_000
    huge = frame(TEXT, b"x", length=(1 << 63) - 1, length_bytes=9)
    for data, codes in ((over, (1009,)), (empty, (1008,)), (single, (1008,)), (huge, (1009,))):
        after(data, *codes)
    before = nova.rss_kib()
    for data, codes in ((over, (1009,)), (empty, (1008,)), (single, (1008,)), (huge, (1009,))) * 3:
        after(data, *codes)
    grown = nova.rss_kib() - before
    assert grown <= 1024 or SLOWDOWN > 1, f"{grown} KiB"
    return f"12 floods: {grown} KiB"


@row(34, "nesting of 10,000, huge numbers, repeated names, lone surrogates: 400 or a decided reading, never a crash")
def _(nova):
    def refused(text, detail):
        status, _, answer = nova.call("POST", "/v1/auth/logout", text)
        document = json.loads(answer)
        assert status == 400 and detail in document["detail"], (text[:60], status, document)
    refused("[" * 10_000, "JSON")
    refused("[" * 10_000 + "]" * 10_000, "nested too deeply")
    refused('{"a":' * 10_000 + "1" + "}" * 10_000, "nested too deeply")
    refused("1" * 100_000, "object")
    refused('{"refresh_token":1e400}', "fields")
    refused('{"refresh_token":' + "9" * 5000 + "}", "fields")
    refused('{"refresh_token":"\\ud800"}', "fields")
    refused('{"refresh_token":"a\\u0000b"}', "fields")
    ann, bob = nova.person("ann"), nova.person("bob")
    conversation = nova.direct(ann, bob)
    # Of repeated names the last counts, as browsers read it.
    text = '{"client_id":"row-34","text":"first","text":"second"}'
    status, _, _ = nova.call("POST", f"/v1/conversations/{conversation}/messages", text, ann["access_token"])
    assert status == 201
    _, _, page = nova.call("GET", f"/v1/conversations/{conversation}/messages", None, ann["access_token"])
    assert json.loads(page)["items"][0]["text"] == "second"


@row(35, "hostile protobuf, over HTTP and sockets: an error, and bounded memory")
def _(nova):
    token = nova.person("ann")["access_token"]
    rng = random.Random(35)
    nested = b""
    for _ in range(200):
        nested = field(1, nested)
    group = b"\x0b" * 5000  # groups are nesting, too
    inputs = [rng.randbytes(n) for n in (1, 10, 100, 1000, 100_000)]
    inputs += [b"\x0a\x7f", b"\x0a\xff\xff\xff\xff\x07", b"\x0a" + b"\xff" * 9 + b"\x01", b"\x0a" + b"\xff" * 20, nested, group,
               (varint(5000 << 3) + b"\1") * (MIB // 4), field(3, b"\1" * (MIB - 100)), varint(3 << 3 | 2) + varint(400_000_000) + b"\1" * 1000]

    def answered(s, data):
        """The bytes may be a notification; what is called behind them is answered in any case."""
        s.send(frame(BINARY, data) + frame(BINARY, field(1, varint(1 << 3) + b"\x07" + field(2, b"no.such"))))
        while True:
            got = s.read_frame()
            assert got and got[0] == BINARY, (got, data[:20])
            if fields_of(fields_of(got[1])[2]).get(1) == 7:
                return

    def all_inputs():
        for data in inputs:
            status, _, answer = nova.call("POST", "/v1/conversations", data, token, "application/x-protobuf")
            assert status == 400, (status, data[:20], answer)
            with RawWebSocket(nova.port, [f"Authorization: Bearer {token}", "Sec-WebSocket-Protocol: nova.v1.proto"]) as s:
                answered(s, data)
                call = field(1, varint(1 << 3) + b"\1" + field(2, b"messaging.create") + field(3, data))
                if len(call) <= MIB:
                    answered(s, call)
    all_inputs()
    before = nova.rss_kib()
    for _ in range(4):
        all_inputs()
    grown = nova.rss_kib() - before
    assert grown <= 2 * 1024 or SLOWDOWN > 1, f"{grown} KiB"
    return f"4 rounds of {len(inputs)} inputs: {grown} KiB"
