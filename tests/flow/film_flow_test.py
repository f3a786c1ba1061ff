"""Sound and film that ffmpeg has made, by CONTRACT-SOCIAL §4: duration and waveform of a tone; with media.transcode all browsers play the content."""

import contextlib
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../hostile"))
from nova_server import NovaServer, SLOWDOWN  # noqa: E402

LIMIT_S = 30 * SLOWDOWN
PICTURE = ["-f", "lavfi", "-i", "testsrc=size=97x54:rate=10:duration=1"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1"]
NAMESPACES = ("ipc", "mnt", "net", "pid", "user", "uts")
FILM_MEMORY_MIB = 3_000
# A tone as loud as half of the most, then silence for as long.
TONE_THEN_SILENCE = ["-f", "lavfi", "-i", "aevalsrc='if(lt(t,1),0.5*sin(880*PI*t),0)':sample_rate=44100:duration=2"]


class Films(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("ffmpeg") or not shutil.which("ffprobe"):
            print("skipped: no ffmpeg here", file=sys.stderr)
            raise unittest.SkipTest("no ffmpeg here")
        cls.nova = NovaServer({"NOVA_MEDIA__TRANSCODE": "h264", "NOVA_MEDIA__FILM_MEMORY_MIB": str(FILM_MEMORY_MIB)})
        cls.addClassCleanup(cls.nova.__exit__)
        cls.nova.start()
        cls.ann = cls.nova.person("ann")

    def made(self, name, *arguments):
        """The bytes that ffmpeg makes of these arguments."""
        path = f"{self.nova.folder}/{name}"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, path], check=True, timeout=LIMIT_S)
        with open(path, "rb") as file:
            return file.read()

    def get(self, path):
        return self.nova.call("GET", path, token=self.ann["access_token"])

    def ready(self, data, kind):
        """The medium of these bytes once it is ready."""
        status, _, body = self.nova.call("POST", "/v1/media", data, self.ann["access_token"], kind)
        self.assertEqual(status, 201, body)
        over, pause = time.monotonic() + LIMIT_S, threading.Event()
        while (medium := json.loads(self.get(f"/v1/media/{json.loads(body)['media_id']}")[2]))["state"] == "processing":
            self.assertLess(time.monotonic(), over, self.nova.log()[-3000:])
            pause.wait(0.1)
        self.assertEqual(medium["state"], "ready", medium)
        return medium

    def content(self, medium, kind):
        status, fields, body = self.nova.call("GET", medium["url"])
        self.assertEqual((status, fields["Content-Type"], len(body)), (200, kind, medium["size"]))
        self.assertEqual(medium["content_type"], kind)
        return body

    def codecs(self, data):
        path = f"{self.nova.folder}/probed"
        with open(path, "wb") as file:
            file.write(data)
        told = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path], check=True, timeout=LIMIT_S,
                              capture_output=True, text=True)
        seen = json.loads(told.stdout)
        return {s["codec_type"]: s["codec_name"] for s in seen["streams"]}, seen["format"].get("tags", {})

    def test_tone(self):
        """Audio: `duration_ms`, and 100 peaks between 0 and 255."""
        medium = self.ready(self.made("tone.mp3", *TONE_THEN_SILENCE), "audio/mpeg")
        self.assertEqual(medium["kind"], "audio")
        self.assertLess(abs(medium["duration_ms"] - 2000), 150, medium)
        peaks = medium["waveform"]["peaks"]
        self.assertEqual(len(peaks), 100)
        for peak in peaks[3:47]:
            self.assertLess(math.fabs(peak - 128), 20, peaks)
        for peak in peaks[56:]:
            self.assertLess(peak, 5, peaks)
        self.content(medium, "audio/mpeg")  # MP3 stays as it is

    def test_only_sound_has_a_waveform(self):
        self.assertNotIn("waveform", self.ready(self.made("a.png", *PICTURE, "-frames:v", "1"), "image/png"))

    def test_vp9_and_opus(self):
        """A film of VP9 and Opus becomes H.264 and AAC; its tags are gone."""
        film = self.made("film.webm", *PICTURE, *TONE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus", "-metadata",
                         "title=Holiday at +48.8584+002.2945/")
        medium = self.ready(film, "video/webm")
        self.assertEqual((medium["kind"], medium["width"], medium["height"]), ("video", 97, 54))
        self.assertLess(abs(medium["duration_ms"] - 1000), 100, medium)
        self.assertIn("poster", medium["variants"])
        self.assertNotIn("waveform", medium)
        codecs, tags = self.codecs(self.content(medium, "video/mp4"))
        self.assertEqual(codecs, {"video": "h264", "audio": "aac"})
        self.assertNotIn("title", tags)

    def test_opus_alone(self):
        medium = self.ready(self.made("voice.ogg", *TONE, "-c:a", "libopus"), "audio/ogg")
        self.assertEqual(len(medium["waveform"]["peaks"]), 100)
        self.assertEqual(self.codecs(self.content(medium, "audio/mp4"))[0], {"audio": "aac"})

    def caged(self, seen):
        """Adds what the kernel tells of ffmpeg and ffprobe below Nova: pid -> (namespaces that are not Nova's, limits)."""
        def namespaces(pid):
            return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in NAMESPACES}
        ours = namespaces(self.nova.process.pid)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                    if file.read().strip() not in ("ffmpeg", "ffprobe"):
                        continue
                theirs = namespaces(pid)
                with open(f"/proc/{pid}/limits", encoding="ascii") as file:
                    limits = dict(re.findall(r"^Max (cpu time|address space)\s+(\S+)", file.read(), re.M))
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if b"NOVA_" in file.read():
                        limits["environment"] = "Nova's"
                if self.is_below(pid):
                    seen[pid] = ({n for n in NAMESPACES if theirs[n] != ours[n]}, limits)

    def is_below(self, pid):
        while pid not in ("0", "1"):
            if int(pid) == self.nova.process.pid:
                return True
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                pid = file.read().rpartition(")")[2].split()[1]
        return False

    def test_cage(self):
        """ffmpeg and ffprobe have their own network, files, processes and users, and limits of memory and time."""
        if "subject=bubblewrap" in self.nova.log() or not shutil.which("bwrap"):
            self.skipTest("no bubblewrap here")
        film = self.made("caged.webm", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25:duration=3", *TONE, "-c:v", "libvpx-vp9", "-deadline",
                         "realtime", "-cpu-used", "8", "-c:a", "libopus")
        seen, over = {}, threading.Event()

        def look():
            while not over.wait(0.005):
                self.caged(seen)
        looks = threading.Thread(target=look)
        looks.start()
        try:
            self.ready(film, "video/webm")
        finally:
            over.set()
            looks.join()
        self.assertTrue(seen, "no program of the film was seen")
        for apart, limits in seen.values():
            self.assertEqual(apart, set(NAMESPACES))
            self.assertEqual(limits["address space"], str(FILM_MEMORY_MIB << 20))
            self.assertRegex(limits["cpu time"], r"^\d+$")
            self.assertNotIn("environment", limits)

    def test_h264_in_another_container(self):
        """Picture and sound are copied: only the container is another one."""
        film = self.made("film.mkv", *PICTURE, *TONE, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-vf", "scale=96:54", "-c:a", "aac")
        medium = self.ready(film, "video/x-matroska")
        self.assertEqual(self.codecs(self.content(medium, "video/mp4"))[0], {"video": "h264", "audio": "aac"})

    def test_h264_and_aac(self):
        """A film that all browsers play is shown as it is."""
        film = self.made("film.mp4", *PICTURE, *TONE, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-vf", "scale=96:54", "-c:a", "aac", "-fflags",
                         "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1")
        shown = self.content(self.ready(film, "video/mp4"), "video/mp4")
        self.assertEqual(len(shown), len(film))
        self.assertEqual(self.frames(shown), self.frames(film))

    def frames(self, data):
        path = f"{self.nova.folder}/framed.mp4"
        with open(path, "wb") as file:
            file.write(data)
        done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "framemd5", "-"], check=True,
                              capture_output=True, timeout=LIMIT_S)
        return hashlib.sha256(done.stdout).hexdigest()


if __name__ == "__main__":
    unittest.main()
