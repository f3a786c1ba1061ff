"""TLS at the edge, by openssl's own client and by Python's: versions, ciphers, renewal, HTTP and WebSocket, limits."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import unittest

from nova_server import NovaServer, ANSWER_LIMIT_S, SLOWDOWN
from raw_websocket import TEXT, frame as frame_of

LIMIT_S = 20 * SLOWDOWN


class TlsServer(NovaServer):
    """A Nova with a certificate of its own."""

    def __init__(self, settings=None):
        super().__init__(settings)
        self.certificate, self.key = f"{self.folder}/certificate.pem", f"{self.folder}/key.pem"
        self.renew(1)
        self.settings.update({"NOVA_GATEWAY__TLS__CERTIFICATE": self.certificate, "NOVA_GATEWAY__TLS__KEY": self.key})

    def renew(self, serial):
        old = os.umask(0o077)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-set_serial", str(serial),
                        "-keyout", f"{self.key}.new", "-out", f"{self.certificate}.new"], check=True, capture_output=True)
        os.umask(old)
        for path in (self.key, self.certificate):
            os.rename(f"{path}.new", path)
        self.trust = ssl.create_default_context(cafile=self.certificate)

    def s_client(self, *words, typed=b""):
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", *words], input=typed,
                              capture_output=True, timeout=LIMIT_S, check=False)

    def serial(self):
        shown = self.s_client("-showcerts").stdout
        return int(subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown, capture_output=True,
                                  check=True).stdout.split(b"=")[1], 16)

    def open(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_LIMIT_S)
        return self.trust.wrap_socket(plain, server_hostname="localhost")

    def call(self, method, path, body=None, token=None, content_type="application/json"):
        headers = {"Content-Type": content_type} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=ANSWER_LIMIT_S, context=self.trust)
        connection._create_connection = lambda *_, **__: socket.create_connection(("127.0.0.1", self.port), ANSWER_LIMIT_S)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()


def exactly(stream, n):
    out = b""
    while len(out) < n:
        piece = stream.recv(n - len(out))
        if not piece:
            raise EOFError(out)
        out += piece
    return out


def frame(stream):
    first, second = exactly(stream, 2)
    n = second & 127
    if n == 126:
        n = struct.unpack(">H", exactly(stream, 2))[0]
    elif n == 127:
        n = struct.unpack(">Q", exactly(stream, 8))[0]
    return first & 15, exactly(stream, n)


def head(stream):
    out = b""
    while not out.endswith(b"\r\n\r\n"):
        out += exactly(stream, 1)
    return out


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.nova = cls.enterClassContext(TlsServer({
            "NOVA_GATEWAY__SEND_BUFFER_BYTES": "4608", "NOVA_GATEWAY__TLS__HANDSHAKE_TIMEOUT_MS": "700",
            "NOVA_GATEWAY__MAX_QUEUED_BYTES": "8388608"}))

    def test_O_only_tls_1_2_and_1_3_are_spoken(self):
        weak = "DEFAULT:@SECLEVEL=0"  # so that this client itself would speak the old ones
        for old in ("-tls1", "-tls1_1"):
            self.assertNotEqual(0, self.nova.s_client(old, "-cipher", weak).returncode, old)
        for word, name in (("-tls1_2", b"TLSv1.2"), ("-tls1_3", b"TLSv1.3")):
            shown = self.nova.s_client(word)
            self.assertEqual(0, shown.returncode, shown.stderr)
            self.assertIn(b"New, " + name, shown.stdout)

    def test_O_ciphers_have_forward_secrecy_and_authenticate(self):
        for bad in ("AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "NULL-SHA256"):
            shown = self.nova.s_client("-tls1_2", "-cipher", f"{bad}:@SECLEVEL=0")
            self.assertNotEqual(0, shown.returncode, bad)
        for good in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            self.assertEqual(0, self.nova.s_client("-tls1_2", "-cipher", good).returncode, good)

    def test_O_alpn_is_http_1_1_or_nothing(self):
        self.assertIn(b"ALPN protocol: http/1.1", self.nova.s_client("-alpn", "h2,http/1.1").stdout)
        refused = self.nova.s_client("-alpn", "h2")
        self.assertNotEqual(0, refused.returncode)
        self.assertIn(b"no application protocol", refused.stderr)

    def test_O_a_client_cannot_renegotiate(self):
        shown = self.nova.s_client("-tls1_2", typed=b"R\n")
        self.assertIn(b"no renegotiation", shown.stderr)

    def test_O_requests_and_large_answers(self):
        ann = self.nova.person("ann")
        status, fields, _ = self.nova.call("GET", "/v1/users/me", token=ann["access_token"])
        self.assertEqual(200, status)
        self.assertEqual("max-age=15552000", fields["Strict-Transport-Security"])
        status, _, body = self.nova.call("GET", "/openapi.json")
        self.assertEqual(200, status)
        self.assertIn("openapi", json.loads(body))
        with self.nova.open() as stream:  # two requests at once, the second after a body in pieces
            stream.sendall(b"POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            self.assertIn(b"100 Continue", head(stream))
            stream.sendall(b"{}GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answers = b""
            while piece := stream.recv(4096):  # raises when the end is not announced by TLS
                answers += piece
        self.assertEqual(2, answers.count(b"HTTP/1.1 "), answers)

    def socket_of(self, person):
        stream = self.nova.open()
        stream.sendall(f"GET /v1/ws HTTP/1.1\r\nHost: localhost:{self.nova.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       f"Origin: https://localhost:{self.nova.port}\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: nova.v1.json\r\n"
                       f"Authorization: Bearer {person['access_token']}\r\n\r\n".encode())
        self.assertIn(b" 101 ", head(stream).split(b"\r\n")[0])
        return stream

    def test_O_a_socket_gets_everything_though_it_reads_late(self):
        bob = self.nova.person("bob")
        status, _, body = self.nova.call("POST", "/v1/conversations", {"kind": "group", "title": "t", "member_ids": []},
                                         bob["access_token"])
        self.assertEqual(201, status, body)
        conversation, count, text = json.loads(body)["conversation_id"], 100, "x" * 16_000
        with self.socket_of(bob) as stream:
            for number in range(count):
                call = {"jsonrpc": "2.0", "id": number, "method": "messaging.send", "params": {
                    "conversation_id": conversation, "client_id": f"c{number}", "text": text}}
                stream.sendall(frame_of(TEXT, json.dumps(call).encode()))
            answered, pushed = set(), set()
            while len(answered) < count or len(pushed) < count:
                opcode, payload = frame(stream)
                if opcode != 1:
                    continue
                said = json.loads(payload)
                if "id" in said:
                    self.assertIn("result", said)
                    answered.add(said["id"])
                elif said["method"] == "messaging.message":
                    self.assertEqual(text, said["params"]["text"])
                    pushed.add(said["params"]["seq"])
            self.assertEqual(set(range(1, count + 1)), pushed)

    def test_O_what_is_not_tls_or_too_slow_is_closed(self):
        for sent in (b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01"):
            with socket.create_connection(("127.0.0.1", self.nova.port), timeout=ANSWER_LIMIT_S) as plain:
                plain.sendall(sent)
                with contextlib.suppress(ConnectionResetError):
                    self.assertNotIn(b"HTTP/1.1 200", plain.recv(4096))
                    while plain.recv(4096):
                        pass


class Renewal(unittest.TestCase):
    def until(self, condition):
        end = time.monotonic() + LIMIT_S
        while not condition():
            self.assertLess(time.monotonic(), end)

    def test_O_a_renewed_certificate_is_seen_without_a_restart(self):
        with TlsServer() as nova:
            self.assertEqual(1, nova.serial())
            with nova.open() as stream:
                nova.renew(2)
                self.assertEqual(1, nova.serial())
                nova.process.send_signal(signal.SIGHUP)
                self.until(lambda: nova.serial() == 2)
                stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")  # on the old one
                self.assertIn(b" 200 ", head(stream))
            with open(nova.certificate, "w", encoding="ascii") as file:
                file.write("nothing\n")
            nova.process.send_signal(signal.SIGHUP)
            self.until(lambda: "event=gateway.certificate_refused" in nova.log())
            self.assertEqual(2, nova.serial())

    def test_O_only_1_3_where_it_is_asked_for(self):
        with TlsServer({"NOVA_GATEWAY__TLS__MIN_VERSION": "1.3", "NOVA_GATEWAY__TLS__HSTS_MAX_AGE_S": "0",
                        "NOVA_GATEWAY__TLS__HANDSHAKES_PER_S": "0.1", "NOVA_GATEWAY__TLS__HANDSHAKES_BURST": "4"}) as nova:
            self.assertNotEqual(0, nova.s_client("-tls1_2").returncode)
            self.assertEqual(0, nova.s_client("-tls1_3").returncode)
            _, fields, _ = nova.call("GET", "/healthz")
            self.assertNotIn("Strict-Transport-Security", fields)
            nova.s_client()
            with self.assertRaises((ssl.SSLError, OSError)):  # the fifth of this address
                nova.open()

    def test_O_a_key_that_others_can_read_is_refused(self):
        nova = TlsServer()
        os.chmod(nova.key, 0o644)
        with self.assertRaisesRegex(RuntimeError, "others can read"):
            nova.__enter__()


if __name__ == "__main__":
    sys.exit(unittest.main())
