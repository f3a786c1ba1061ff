"""Media whose bytes are in an S3 bucket, by CONTRACT-SOCIAL §4: uploads, contents with ranges, variants, and a service that is away.

Argument: a folder for moto, which comes from PyPI. Without it the test prints why and is skipped (status 77)."""

import contextlib
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{HERE}/../hostile", f"{HERE}/../support"]
from nova_server import NovaServer, SLOWDOWN, free_port  # noqa: E402
from python_packages import SKIPPED, installed  # noqa: E402

MOTO = "moto[iam,s3,server]==5.2.5"
LIMIT_S = 20 * SLOWDOWN
AWAY_LIMIT_S = 6 * SLOWDOWN  # of the time-outs that `settings` sets, and an answer
PIECE = "application/offset+octet-stream"
PROGRAMS = ""


def png(side):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    lines = b"".join(b"\0" + bytes((x, y, 128)[i] for x in range(side) for i in range(3)) for y in range(side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(lines)) +
            chunk(b"IEND", b""))


class Service:
    """moto in a process of its own."""

    def __init__(self, port):
        with tempfile.TemporaryFile("w+") as log:
            self.process = subprocess.Popen([f"{PROGRAMS}/python3", f"{HERE}/s3_service.py", str(port)], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
            words = self.process.stdout.readline().split()
            if not words:
                log.seek(0)
                raise RuntimeError(f"moto ended: {log.read()[-2000:]}")
        self.key, self.secret = words

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class HeldDeletes:
    """A way to the service for one Nova, on which a DELETE waits until it is let through."""

    def __init__(self, port):
        self.port, self.held, self.goes_on = port, threading.Event(), threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        with contextlib.suppress(OSError):
            while True:
                client, service = self.server.accept()[0], socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=self.carry, args=(client, service, True), daemon=True).start()
                threading.Thread(target=self.carry, args=(service, client, False), daemon=True).start()

    def carry(self, from_, to, asks):
        with contextlib.suppress(OSError), from_, to:
            while piece := from_.recv(1 << 16):
                if asks and piece.startswith(b"DELETE "):
                    self.held.set()
                    self.goes_on.wait(LIMIT_S)
                to.sendall(piece)


class S3(unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        self.service = Service(self.port)
        self.addCleanup(lambda: self.service.end())
        self.ends = contextlib.ExitStack()
        self.addCleanup(self.ends.close)

    def settings(self, **more):
        return {"NOVA_MEDIA__STORE": "s3", "NOVA_MEDIA__S3_ENDPOINT": f"http://127.0.0.1:{self.port}", "NOVA_MEDIA__S3_BUCKET": "nova-media",
                "NOVA_MEDIA__S3_FOLDER": "of/nova", "NOVA_MEDIA__S3_ACCESS_KEY": self.service.key, "NOVA_MEDIA__S3_SECRET_KEY": self.service.secret,
                "NOVA_MEDIA__S3_CONNECT_MS": "500", "NOVA_MEDIA__S3_STALL_S": "1", "NOVA_MEDIA__S3_PART_MIB": "5",
                "NOVA_MEDIA__BLOB_GRACE_S": "1", "NOVA_MEDIA__SCRUB_KIB_S": "1048576", **more}

    def call(self, method, path, body=None, kind="application/octet-stream", **fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        headers = {"Authorization": f"Bearer {self.ann['access_token']}", "Tus-Resumable": "1.0.0", **fields}
        if body is not None:
            headers["Content-Type"] = kind
        connection = http.client.HTTPConnection("127.0.0.1", self.nova.port, timeout=LIMIT_S)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()

    def opened(self, length):
        status, fields, body = self.call("POST", "/v1/uploads", Upload_Length=str(length))
        self.assertEqual(status, 201, body)
        return fields["Location"]

    def patched(self, upload, offset, piece):
        return self.call("PATCH", upload, piece, PIECE, Upload_Offset=str(offset))

    def lost(self, upload, file):
        """A PATCH whose answer does not come."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.patched(upload, 0, file)

    def offset(self, upload):
        status, fields, _ = self.call("HEAD", upload)
        self.assertEqual(status, 200)
        return int(fields["Upload-Offset"])

    def stored(self, data, kind="text/plain"):
        status, _, body = self.call("POST", "/v1/media", data, kind)
        self.assertEqual(status, 201, body)
        return json.loads(body)["media_id"]

    def content(self, medium, **fields):
        return self.call("GET", f"/v1/media/{medium}/content", **fields)

    def names(self):
        """Sizes of the blobs, each of which has one object or several."""
        return {key.removeprefix("of/nova/").partition(".")[0]: size for key, size in self.service.ask("list").items()}

    def keys_of(self, data):
        name = hashlib.sha256(data).hexdigest()
        return [key for key in self.service.ask("list") if key.startswith(f"of/nova/{name}")]

    def check_away(self, answer, begun):
        """503 `unavailable` with Retry-After: never a hang."""
        status, fields, body = answer
        self.assertEqual(status, 503, body)
        self.assertEqual(json.loads(body)["code"], "unavailable", body)
        self.assertGreater(int(fields["Retry-After"]), 0)
        self.assertLess(time.monotonic() - begun, AWAY_LIMIT_S)

    def check_upload_through_a_kill(self):
        """tus: half of the file, kill -9, the offset, the rest: equal by hash, whole and by ranges; stored in parts."""
        file = random.Random(3).randbytes(12 << 20)
        upload = self.opened(len(file))
        self.assertEqual(self.patched(upload, 0, file[:5 << 20])[0], 204)
        with socket.create_connection(("127.0.0.1", self.nova.port)) as s:
            s.sendall((f"PATCH {upload} HTTP/1.1\r\nHost: nova\r\nAuthorization: Bearer {self.ann['access_token']}\r\nTus-Resumable: 1.0.0\r\n"
                       f"Upload-Offset: {5 << 20}\r\nContent-Type: {PIECE}\r\nContent-Length: {7 << 20}\r\n\r\n").encode() + file[5 << 20:8 << 20])
            self.nova.process.kill()
        self.nova.process.wait()
        self.nova.process.stdout.close()
        self.nova.start()
        offset = self.offset(upload)
        self.assertTrue(5 << 20 <= offset <= 8 << 20, offset)
        status, fields, body = self.patched(upload, offset, file[offset:])
        self.assertEqual(status, 204, body)
        medium = fields["Upload-Media-Id"]
        status, fields, body = self.content(medium)
        self.assertEqual((status, hashlib.sha256(body).digest()), (200, hashlib.sha256(file).digest()))
        for first, last in ((0, 9), (5_000_000, 6_000_000), (len(file) - 7, len(file) - 1)):
            status, some, body = self.content(medium, Range=f"bytes={first}-{last}", If_Range=fields["ETag"])
            self.assertEqual((status, some["Content-Range"]), (206, f"bytes {first}-{last}/{len(file)}"))
            self.assertEqual(body, file[first:last + 1])
        self.assertEqual(self.content(medium, Range=f"bytes={len(file)}-")[0], 416)
        self.assertEqual(self.content(medium, If_None_Match=fields["ETag"])[0], 304)
        name = hashlib.sha256(file).hexdigest()
        self.assertEqual(self.names()[name], len(file))
        self.assertEqual([self.service.ask(f"hash {key}") for key in self.keys_of(file)], [name], "another client reads the same bytes")
        self.assertEqual(self.service.ask("uploads"), 0)
        return medium, file

    def check_picture(self):
        """A worker reads the bytes from the bucket, and its variants are there; no copy stays on this machine."""
        medium = self.stored(png(40), "image/png")
        def ready():
            seen = json.loads(self.call("GET", f"/v1/media/{medium}")[2])
            return seen if seen["state"] != "processing" else None
        seen = self.nova.until("the picture is ready", ready, LIMIT_S)
        self.assertEqual((seen["state"], seen["width"]), ("ready", 40))
        status, _, body = self.nova.call("GET", seen["variants"]["320"]["url"])
        self.assertEqual((status, len(body)), (200, seen["variants"]["320"]["size"]))
        self.nova.until("no file stays", lambda: not [f for _, _, files in os.walk(f"{self.nova.data}/blobs") for f in files],
                        LIMIT_S)

    def check_hung_service(self, medium, file):
        """A service that takes requests and never answers: 503, and the upload goes on afterwards."""
        upload = self.opened(3_000_000)
        self.assertEqual(self.patched(upload, 0, file[:1_000_000])[0], 204)
        self.service.process.send_signal(signal.SIGSTOP)
        for act in (lambda: self.content(medium), lambda: self.patched(upload, 1_000_000, file[1_000_000:3_000_000]),
                    lambda: self.call("POST", "/v1/media", b"small", "text/plain")):
            begun = time.monotonic()
            self.check_away(act(), begun)
        self.service.process.send_signal(signal.SIGCONT)
        self.nova.until("contents are there again", lambda: self.content(medium, Range="bytes=0-9")[0] == 206, LIMIT_S)
        offset = self.offset(upload)
        self.assertLess(offset, 3_000_000)
        status, fields, body = self.patched(upload, offset, file[offset:3_000_000])
        self.assertEqual(status, 204, body)
        self.assertEqual(self.content(fields["Upload-Media-Id"])[2], file[:3_000_000])

    def check_abandoned_uploads(self):
        """kill -9 while the bytes go to the bucket in parts: after a restart the sweep ends the upload, and no other's."""
        file = random.Random(4).randbytes(60 << 20)
        upload = self.opened(len(file))
        request = threading.Thread(target=self.lost, args=(upload, file))
        self.service.ask("begin elsewhere/film")
        request.start()
        self.nova.until("the upload in parts has begun", lambda: self.service.ask("uploads") == 2, LIMIT_S)
        self.nova.process.kill()
        request.join()
        self.assertEqual(self.service.ask("uploads"), 2)
        self.nova.process.wait()
        self.nova.process.stdout.close()
        self.nova.settings["NOVA_MEDIA__SWEEP_S"] = "1"
        self.nova.start()
        self.nova.until("the sweep has ended the upload", lambda: self.service.ask("uploads") == 1, LIMIT_S)

    def check_kept_again(self):
        """Another node keeps the bytes again between the look and the DELETE of a node that removes them: they stay."""
        data, way = b"kept and kept again", HeldDeletes(self.port)
        with NovaServer(self.settings(NOVA_MEDIA__S3_ENDPOINT=f"http://127.0.0.1:{way.server.getsockname()[1]}",
                                      NOVA_MEDIA__S3_STALL_S=str(LIMIT_S))) as other:
            ann = other.person("ann")
            status, _, body = other.call("POST", "/v1/media", data, ann["access_token"], "text/plain")
            self.assertEqual(status, 201, body)
            self.assertEqual(other.call("DELETE", f"/v1/media/{json.loads(body)['media_id']}", token=ann["access_token"])[0], 204)
            self.assertTrue(way.held.wait(LIMIT_S), other.log()[-3000:])
            medium = self.stored(data)
            way.goes_on.set()
            other.until("the DELETE has gone through", lambda: len(self.keys_of(data)) == 1, LIMIT_S)
            self.assertEqual(self.content(medium)[2], data)

    def check_removal(self, medium, file):
        """The collector removes the bytes that nothing names any more."""
        name = hashlib.sha256(file).hexdigest()
        self.assertEqual(self.call("DELETE", f"/v1/media/{medium}")[0], 204)
        self.nova.until("the object is removed", lambda: name not in self.names(), LIMIT_S)

    def check_restarted_service(self):
        """A service that is not there: 503 at once. It comes back, and nobody has to do anything about Nova."""
        self.service.end()
        begun = time.monotonic()
        self.check_away(self.call("POST", "/v1/media", b"away", "text/plain"), begun)
        self.service = Service(self.port)
        def stored():
            status, _, body = self.call("POST", "/v1/media", b"again", "text/plain")
            return json.loads(body)["media_id"] if status == 201 else None
        self.assertEqual(self.content(self.nova.until("uploads are taken again", stored, LIMIT_S))[2], b"again")

    def check_scrubber(self):
        """At its start the scrubber reads all objects: one that has other bytes is told of."""
        name = hashlib.sha256(b"good bytes").hexdigest()
        self.stored(b"good bytes")
        for key in self.keys_of(b"good bytes"):
            self.service.ask(f"damage {key}")
        return name

    def run_nova(self, command, **more):
        return subprocess.run([os.environ.get("NOVA_BINARY", "nova"), command, "--data", f"{self.nova.folder}/other"], text=True, capture_output=True,
                              timeout=LIMIT_S, check=False, env={**os.environ, **self.settings(NOVA_GATEWAY__PORT="0", **more)})

    def check_doctor(self):
        """The doctor reaches and writes the bucket; a wrong secret is named, and a start refuses it."""
        good = self.run_nova("doctor")
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertNotIn("media.s3", good.stdout + good.stderr)
        for command in ("doctor", "serve"):
            bad = self.run_nova(command, NOVA_MEDIA__S3_SECRET_KEY="wrong")
            self.assertNotEqual(bad.returncode, 0)
            self.assertRegex(bad.stderr, r"media\.s3_bucket.*list: status 403 SignatureDoesNotMatch")
        away = self.run_nova("doctor", NOVA_MEDIA__S3_ENDPOINT=f"http://127.0.0.1:{free_port()}")
        self.assertEqual(away.returncode, 0, away.stderr)
        self.assertIn("media.s3_endpoint", away.stderr)

    def test_bucket(self):
        self.nova = self.ends.enter_context(NovaServer(self.settings()))
        self.ann = self.nova.person("ann")
        self.check_doctor()
        damaged = self.check_scrubber()
        medium, file = self.check_upload_through_a_kill()
        self.check_picture()
        self.check_hung_service(medium, file)
        self.check_removal(medium, file)
        self.check_abandoned_uploads()
        self.check_kept_again()
        self.check_restarted_service()
        log = self.nova.log()
        self.assertRegex(log, f"event=blobs.failed step=checksum blob={damaged}")
        self.assertNotIn(self.service.secret, log)
        self.assertNotIn(self.service.key, log)


if __name__ == "__main__":
    PROGRAMS = installed(sys.argv.pop(1), MOTO)
    if PROGRAMS is None:
        sys.exit(SKIPPED)
    unittest.main()
