"""A WebSocket client that sends exactly the bytes it is told, RFC 6455 or not; used by the conformance cases."""

import base64
import hashlib
import os
import select
import socket
import struct
import time

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
PATIENCE_S = 10 * int(os.environ.get("NOVA_SLOWDOWN", "1"))
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Failure(AssertionError):
    """What a case expected and did not get."""


def mask_bytes(payload, key):
    if not payload or key == b"\0\0\0\0":
        return bytes(payload)
    repeated = key * (len(payload) // 4 + 1)
    n = len(payload)
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated[:n], "little")).to_bytes(n, "little")


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None, length_bytes=None):
    """A client's frame. `length` states another length than the payload's, `length_bytes` forces 1, 3 or 9 bytes."""
    stated = len(payload) if length is None else length
    size = length_bytes or (1 if stated < 126 else 3 if stated < 65536 else 9)
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    flag = 0x80 if masked else 0
    if size == 1:
        head += bytes([flag | stated])
    elif size == 3:
        head += bytes([flag | 126]) + struct.pack(">H", stated)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", stated)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask_bytes(payload, key)


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + reason


class RawWebSocket:
    """One connection after its handshake; `status` is the HTTP answer's."""

    def __init__(self, port, fields=(), path="/v1/ws"):
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        key = base64.b64encode(os.urandom(16))
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13", *fields]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.data:
            if not self._fill(PATIENCE_S):
                raise Failure("the connection ended during the handshake")
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        first, *rest = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in rest)}
        if self.status == 101:
            wanted = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
            if self.fields.get("sec-websocket-accept") != wanted:
                raise Failure("Sec-WebSocket-Accept is wrong")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def _fill(self, seconds):
        """False: the peer has closed. Raises when nothing comes in time."""
        if not select.select([self.sock], [], [], seconds)[0]:
            raise Failure(f"nothing came within {seconds} s")
        try:
            piece = self.sock.recv(1 << 16)
        except ConnectionResetError:
            raise Failure("the connection was reset") from None
        self.data += piece
        return bool(piece)

    def send(self, data, chop=0):
        """`chop`: the bytes leave in pieces of so many, one write each."""
        try:
            if not chop:
                return self.sock.sendall(data)
            for at in range(0, len(data), chop):
                self.sock.sendall(data[at:at + chop])
        except (BrokenPipeError, ConnectionResetError):
            pass  # what the server said before it closed is still to be read
        return None

    def _take(self, n, seconds):
        until = time.monotonic() + seconds
        while len(self.data) < n:
            if not self._fill(max(0.01, until - time.monotonic())):
                return None
        piece, self.data = self.data[:n], self.data[n:]
        return piece

    def read_frame(self, seconds=PATIENCE_S):
        """(opcode, payload), or None at the end of the connection. What a server may not send fails."""
        head = self._take(2, seconds)
        if head is None:
            return None
        opcode, fin, size = head[0] & 15, head[0] & 0x80, head[1] & 0x7F
        if head[0] & 0x70:
            raise Failure("the server set an RSV bit")
        if head[1] & 0x80:
            raise Failure("the server masked a frame")
        if not fin:
            raise Failure("the server fragmented a message")
        if size == 126:
            size = struct.unpack(">H", self._take(2, seconds))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._take(8, seconds))[0]
        if opcode >= 8 and size > 125:
            raise Failure("the server's control frame is too long")
        return opcode, self._take(size, seconds)

    def expect_silence(self, seconds=0.05):
        if self.data or select.select([self.sock], [], [], seconds)[0]:
            raise Failure(f"something came: {self.read_frame()}")

    def expect_close(self, *codes, reply=True):
        """The next frame is a close with one of these codes (None: without a code), then the server ends TCP."""
        got = self.read_frame()
        if got is None:
            raise Failure(f"the connection ended without a close frame, wanted {codes}")
        opcode, payload = got
        if opcode != CLOSE:
            raise Failure(f"wanted close {codes}, got opcode {opcode}: {payload[:200]!r}")
        if len(payload) == 1:
            raise Failure("the server's close frame has one byte")
        code = struct.unpack(">H", payload[:2])[0] if payload else None
        payload[2:].decode("utf-8")
        if code not in codes:
            raise Failure(f"closed with {code}, wanted {codes}")
        if reply:
            self.send(frame(CLOSE, payload[:2]))
        self.expect_end()

    def expect_end(self):
        if self.data or self._fill(PATIENCE_S):
            raise Failure(f"bytes behind the close frame: {self.data[:50]!r}")
