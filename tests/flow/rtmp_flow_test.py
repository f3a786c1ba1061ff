"""Encoders publish by RTMP: ffmpeg as OBS does it, with the address and the key of the contract (CONTRACT-SOCIAL §6, row ingest)."""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../hostile"))
from nova_server import NovaServer, SLOWDOWN, free_port  # noqa: E402

LIMIT_S = 30 * SLOWDOWN
MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"


class Rtmp(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(MODULE) or not shutil.which("ffmpeg"):
            print("skipped: no libnginx-mod-rtmp or no ffmpeg here", file=sys.stderr)
            self.skipTest("no libnginx-mod-rtmp or no ffmpeg here")
        self.port = free_port()
        self.encoders = contextlib.ExitStack()
        self.addCleanup(self.encoders.close)

    def stream(self, owner, **more):
        status, _, body = self.nova.call("POST", "/v1/streams", {"title": "By RTMP", "visibility": "public", **more},
                                         owner["access_token"])
        self.assertEqual(status, 201, body)
        return json.loads(body)

    def state(self, stream, owner):
        status, _, body = self.nova.call("GET", f"/v1/streams/{stream['stream_id']}", None, owner["access_token"])
        self.assertEqual(status, 200, body)
        return json.loads(body)["state"]

    def encoder(self, url, key):
        """ffmpeg with a moving picture of small size, until it is ended."""
        process = subprocess.Popen(
            ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10",
             "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", "-f", "flv", f"{url}/{key}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.encoders.callback(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.wait(LIMIT_S)

    def refused(self, url, key):
        self.assertNotEqual(self.encoder(url, key).wait(LIMIT_S), 0)

    def playlist(self, stream, owner):
        _, _, body = self.nova.call("GET", f"/v1/streams/{stream['stream_id']}", None, owner["access_token"])
        path = re.sub(r"^https?://[^/]+", "", json.loads(body)["playback_url"])
        status, _, text = self.nova.call("GET", path)
        return path, text.decode() if status == 200 else ""

    def check_playing(self, stream, owner):
        path, text = self.nova.until("segments in the playlist", lambda: (lambda p: p if ".m4s" in p[1] else None)(self.playlist(stream, owner)))
        self.assertIn("#EXT-X-PROGRAM-DATE-TIME", text)
        seen = subprocess.run(
            ["ffprobe", "-loglevel", "error", "-show_entries", "stream=codec_name,width", "-of", "json",
             f"http://127.0.0.1:{self.nova.port}{path}"], capture_output=True, text=True, timeout=LIMIT_S, check=True)
        self.assertEqual([(s["codec_name"], s["width"]) for s in json.loads(seen.stdout)["streams"]], [("h264", 160)])

    def check_publishing(self, owner):
        stream = self.stream(owner)
        url, key = stream["ingest"]["rtmp_url"], stream["ingest"]["key"]
        self.assertEqual(url, f"rtmp://127.0.0.1:{self.port}/live")
        self.assertNotIn(key, url)
        self.refused(url, key[:-1] + ("a" if key[-1] != "a" else "b"))
        self.refused(url, "no-key")
        self.assertEqual(self.state(stream, owner), "waiting")

        first = self.encoder(url, key)
        self.nova.until("live", lambda: self.state(stream, owner) == "live")
        self.check_playing(stream, owner)
        self.refused(url, key)  # a second encoder
        self.assertIsNone(first.poll())
        arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        self.assertFalse([line for line in arguments.splitlines() if key in line and "testsrc" not in line], "the key is in no arguments of Nova's")

        self.end(first)
        self.nova.until("interrupted", lambda: self.state(stream, owner) == "interrupted")
        again = self.encoder(url, key)
        self.nova.until("live again", lambda: self.state(stream, owner) == "live")

        status, _, body = self.nova.call("PATCH", f"/v1/streams/{stream['stream_id']}", {"state": "ended"}, owner["access_token"])
        self.assertEqual(status, 200, body)
        self.assertNotEqual(again.wait(LIMIT_S), 0)  # closed for good
        self.refused(url, key)

    def server_process(self):
        found = re.findall(r"event=rtmp\.started port=\d+ pid=(\d+)", self.nova.log())
        return int(found[-1]) if found else None

    def check_user(self):
        """Started by the superuser, the RTMP server has the rights of www-data alone."""
        with open(f"/proc/{self.server_process()}/status", encoding="ascii") as file:
            status = file.read()
        def ids(of):
            return set(re.search(rf"^{of}:(.*)$", status, re.M).group(1).split())
        user = pwd.getpwnam("www-data") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.assertEqual((ids("Uid"), ids("Gid")), ({str(user.pw_uid)}, {str(user.pw_gid)}))
        if os.geteuid() == 0:
            self.assertEqual(ids("Groups"), set())
        self.assertEqual(int(re.search(r"^CapEff:\s+(\w+)$", status, re.M).group(1), 16), 0)

    def check_restart(self, owner):
        """The RTMP server falls: it is started again, and encoders come back."""
        stream = self.stream(owner)
        before = self.server_process()
        os.kill(before, signal.SIGKILL)
        self.nova.until("another server", lambda: self.server_process() != before)
        url, key = stream["ingest"]["rtmp_url"], stream["ingest"]["key"]

        def published():
            encoder = self.encoder(url, key)
            self.nova.until("live or refused", lambda: encoder.poll() is not None or self.state(stream, owner) == "live")
            return encoder.poll() is None
        self.nova.until("live", published)

    def test_an_encoder_publishes_by_rtmp(self):
        with NovaServer({"NOVA_GATEWAY__RTMP_PORT": str(self.port)}) as nova:
            self.nova = nova
            owner = nova.person("rtmp")
            self.check_user()
            self.check_publishing(owner)
            self.check_restart(owner)
            server = self.server_process()
            nova.stop()
            self.assertFalse(os.path.exists(f"/proc/{server}"))


if __name__ == "__main__":
    sys.exit(unittest.main())
