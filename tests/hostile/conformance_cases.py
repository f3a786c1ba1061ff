"""The frame of the WebSocket conformance run: a socket with an open session, what it can have echoed, and the table of cases."""

import json
import os
import struct

from raw_websocket import BINARY, CLOSE, PING, PONG, TEXT, Failure, RawWebSocket, close_payload, frame

CASES = []  # (number, title, subprotocol, steps)


def case(number, title, subprotocol="json"):
    """Adds the decorated steps to the run. Numbers are those of the sections of RFC 6455's well-known test list."""
    def add(steps):
        CASES.append((number, title, subprotocol, steps))
        return steps
    return add


def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, data):
    """A protobuf field of bytes, text or a message."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields_of(data):
    """{number: value} of a protobuf message; the last of a repeated field."""
    out, at = {}, 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(data):
        tag = read()
        value = read()
        if tag & 7 == 2:
            at += value
            value = data[at - value:at]
        out[tag >> 3] = value
    return out


class Talk(RawWebSocket):
    """A socket whose session is open with `echo: true`: what it sends as a message comes back to it as a push."""

    def __init__(self, port, token, conversation, subprotocol):
        super().__init__(port, [f"Authorization: Bearer {token}", f"Sec-WebSocket-Protocol: nova.v1.{subprotocol}",
                                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
        self.json = subprotocol == "json"
        self.conversation = conversation
        self.calls = 0
        self.name = os.urandom(8).hex()
        if self.status != 101 or self.fields.get("sec-websocket-protocol") != f"nova.v1.{subprotocol}":
            raise Failure(f"the handshake was answered {self.status} {self.fields}")
        if "sec-websocket-extensions" in self.fields:
            raise Failure("compression was granted")
        self.calls += 1
        opening = self.call_bytes("session.open", b'{"echo":true}' if self.json else varint(3 << 3) + b"\1")
        self.send(self.data_frame(opening))
        self.expect_answer(1)

    @property
    def opcode(self):
        return TEXT if self.json else BINARY

    def data_frame(self, payload, **options):
        return frame(self.opcode, payload, **options)

    def call_bytes(self, method, params, size=0):
        """A call with the current number, filled up to `size` bytes by what a reader has to skip."""
        if self.json:
            call = f'{{"jsonrpc":"2.0","id":{self.calls},"method":"{method}","params":'.encode() + params + b"}"
            return call + b" " * (size - len(call))
        call = field(1, varint(1 << 3) + varint(self.calls) + field(2, method.encode()) + field(3, params))
        lacking = size - len(call)
        if lacking <= 0:
            return call
        for length_bytes in (1, 2, 3, 4):  # an unknown field 15 of exactly the bytes that are lacking
            padding = field(15, b"\0" * max(0, lacking - 1 - length_bytes))
            if len(padding) == lacking:
                return call + padding
        raise Failure(f"no padding of {lacking} bytes")

    def message(self, text, size=0):
        """Bytes of a messaging.send of `text` (str)."""
        self.calls += 1
        client_id = f"{self.name}-{self.calls}"
        if self.json:
            params = json.dumps({"conversation_id": self.conversation, "client_id": client_id, "text": text},
                                ensure_ascii=False).encode()
        else:
            params = field(1, self.conversation.encode()) + field(2, client_id.encode()) + field(3, text.encode())
        return self.call_bytes("messaging.send", params, size)

    def unknown(self, size=0):
        """Bytes of a call to a method that is not there."""
        self.calls += 1
        return self.call_bytes("no.such", b"{}" if self.json else b"", size)

    def read_data(self):
        got = self.read_frame()
        if got is None:
            raise Failure("the connection ended")
        if got[0] == CLOSE:
            raise Failure(f"closed with {struct.unpack('>H', got[1][:2])}")
        if got[0] != self.opcode:
            raise Failure(f"opcode {got[0]}: {got[1][:100]!r}")
        return json.loads(got[1]) if self.json else fields_of(got[1])

    def expect_answer(self, number, error=None):
        got = self.read_data()
        while self.is_news(got):
            got = self.read_data()
        if self.json:
            seen = got.get("id"), got.get("error", {}).get("code")
        else:
            reply = fields_of(got.get(2, b""))
            code = fields_of(reply[3]).get(1) if 3 in reply else None
            seen = reply.get(1), code - (1 << 64) if code and code >> 63 else code
        if seen != (number, error):
            raise Failure(f"answer {seen}, wanted {(number, error)}: {str(got)[:300]}")

    def is_news(self, got):
        """The push that the conversation is there: it may come as late as the first case."""
        if self.json:
            return got.get("method") == "messaging.conversation"
        return 3 in got and fields_of(got[3])[1] == b"messaging.conversation"

    def expect_unknown(self):
        self.expect_answer(self.calls, -32601)

    def expect_echo(self, text):
        """The answer and the push of the last message, in either order."""
        seen = set()
        while seen != {"answer", "push"}:
            got = self.read_data()
            if self.is_news(got):
                continue
            if self.json and "id" in got:
                kind, fits = "answer", got["id"] == self.calls and got.get("result", {}).get("seq", 0) > 0
            elif self.json:
                kind, fits = "push", got["method"] == "messaging.message" and got["params"]["text"] == text
            elif 2 in got:
                reply = fields_of(got[2])
                kind, fits = "answer", reply.get(1) == self.calls and 2 in reply
            else:
                push = fields_of(got[3])
                kind = "push"
                fits = push[1] == b"messaging.message" and fields_of(push[2])[7].decode() == text
            if not fits or kind in seen:
                raise Failure(f"not the {kind} of {text[:60]!r}: {str(got)[:300]}")
            seen.add(kind)

    def echo(self, text="still here"):
        self.send(self.data_frame(self.message(text)))
        self.expect_echo(text)

    def expect_pong(self, payload):
        got = self.read_frame()
        if got != (PONG, payload):
            raise Failure(f"wanted a pong of {payload[:40]!r}, got {got}")

    def end(self):
        """A clean close by the client."""
        self.send(frame(CLOSE, close_payload(1000)))
        self.expect_close(1000, reply=False)

    def pinged(self, payload=b"", **options):
        self.send(frame(PING, payload, **options))
        self.expect_pong(payload)
