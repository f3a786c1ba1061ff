"""Clients that others wrote against a nova. WebSockets by python3-autobahn and npm's ws: compression asked for, fragments, pings, closing; the
quick start. Bytes by curl: forms, ranges, downloads that go on, uploads that go on by tus (CONTRACT-SOCIAL §4), a live stream's segments (§6)."""

import asyncio
import json
import os
import random
import re
import subprocess
import sys

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer
from nova_server import SLOWDOWN, NovaServer
from quick_start import follow

PATIENCE_S = 20 * SLOWDOWN
CLOSE_CODES = (1000, 3000, 3999, 4000, 4999)  # what autobahn lets an application send


class Client(WebSocketClientProtocol):
    """Keeps what comes in a queue; `ended` resolves with the close code."""

    def onConnect(self, response):  # noqa: N802  (autobahn's names)
        assert response.protocol == "nova.v1.json", response
        assert not response.extensions, "compression was asked for and must not be granted"

    def onOpen(self):  # noqa: N802
        self.factory.opened.set_result(self)

    def onMessage(self, payload, is_binary):  # noqa: N802
        assert not is_binary
        self.factory.come.put_nowait(json.loads(payload))

    def onPong(self, payload):  # noqa: N802
        self.factory.pongs.put_nowait(payload)

    def onClose(self, was_clean, code, reason):  # noqa: N802
        if not self.factory.ended.done():
            self.factory.ended.set_result((was_clean, self.remoteCloseCode))


async def connect(nova, token):
    loop = asyncio.get_running_loop()
    factory = WebSocketClientFactory(f"ws://127.0.0.1:{nova.port}/v1/ws", protocols=["nova.v1.json"],
                                     headers={"Authorization": f"Bearer {token}"})
    factory.setProtocolOptions(perMessageCompressionOffers=[PerMessageDeflateOffer()], failByDrop=False)
    factory.protocol = Client
    factory.opened, factory.ended = loop.create_future(), loop.create_future()
    factory.come, factory.pongs = asyncio.Queue(), asyncio.Queue()
    await loop.create_connection(factory, "127.0.0.1", nova.port)
    client = await asyncio.wait_for(factory.opened, PATIENCE_S)
    client.sendMessage(b'{"jsonrpc":"2.0","id":1,"method":"session.open","params":{"echo":true}}')
    assert "result" in await read(client)
    return client


async def read(client):
    return await asyncio.wait_for(client.factory.come.get(), PATIENCE_S)


async def ended(client):
    return await asyncio.wait_for(client.factory.ended, PATIENCE_S)


async def autobahn(nova, token, conversation):
    c = await connect(nova, token)
    text = "in pieces \u4f60\u597d \U0001f600"
    payload = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "messaging.send", "params": {
        "conversation_id": conversation, "client_id": "autobahn-1", "text": text}}, ensure_ascii=False).encode()
    c.beginMessage(isBinary=False)
    for at in range(0, len(payload), 7):
        c.sendMessageFrame(payload[at:at + 7])
        if at % 35 == 0:
            c.sendPing(b"between")
    c.endMessage()
    answered = pushed = False
    while not (answered and pushed):  # the new conversation may be told here too
        m = await read(c)
        assert "error" not in m, m
        answered |= m.get("result", {}).get("seq", 0) > 0
        pushed |= m.get("params", {}).get("text") == text
    assert await asyncio.wait_for(c.factory.pongs.get(), PATIENCE_S) == b"between"
    c.sendMessage(b"this is not JSON")
    assert (await read(c))["error"]["code"] == -32700
    for _ in range(20_000):
        c.sendPing(b"")
    assert await ended(c) == (True, 1008)
    for code in CLOSE_CODES:
        c = await connect(nova, token)
        c.sendClose(code, "reason")
        assert await ended(c) == (True, code), (code, await ended(c))
    print(f"autobahn: fragments, pings, {len(CLOSE_CODES)} close codes: as expected")


class Curl:
    """curl in nova's folder; `*` in a path stands for nova's address."""

    def __init__(self, nova, token):
        self.nova, self.token = nova, token

    def file(self, name, data=None):
        """Writes the file, or reads it."""
        with open(f"{self.nova.folder}/{name}", "rb" if data is None else "wb") as file:
            return file.read() if data is None else file.write(data)

    def __call__(self, path, *arguments):
        """(status, fields, body) of one request."""
        command = ["curl", "--silent", "--show-error", "--dump-header", "fields", "--output", "body", "--write-out", "%{http_code}",
                   "--max-time", str(PATIENCE_S), *arguments, path.replace("*", f"http://127.0.0.1:{self.nova.port}")]
        done = subprocess.run(command, cwd=self.nova.folder, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False)
        assert done.returncode == 0, (command, done.stderr)
        fields = re.findall(r"^([\w-]+): (.*)\r$", self.file("fields").decode(), re.M)
        return int(done.stdout), {name.lower(): value for name, value in fields}, self.file("body")

    def signed_in(self, path, *arguments):
        return self(path, "--header", f"Authorization: Bearer {self.token}", *arguments)


def curl_media(curl, data):
    """A form, parts of the content, and a download that goes on where it broke off."""
    curl.file("photo.bin", data)
    status, _, body = curl.signed_in("*/v1/media", "--form", "file=@photo.bin;type=application/octet-stream")
    assert status == 201, body
    url = "*" + re.sub(r"^https?://[^/]+", "", json.loads(body)["url"])
    status, fields, body = curl(url)
    assert (status, body == data, "photo.bin" in fields["content-disposition"]) == (200, True, True), fields
    assert curl(url, "--range", "100-199")[::2] == (206, data[100:200])
    status, _, body = curl(url, "--header", f"If-None-Match: {fields['etag']}")
    assert status == 304, body
    curl.file("begun.bin", data[:1_000_000])
    done = subprocess.run(["curl", "--silent", "--show-error", "--continue-at", "-", "--output", "begun.bin",
                           url.replace("*", f"http://127.0.0.1:{curl.nova.port}")], cwd=curl.nova.folder, timeout=2 * PATIENCE_S, check=False)
    assert done.returncode == 0 and curl.file("begun.bin") == data


def curl_tus(curl, data):
    """An upload in two requests; curl waits for 100 Continue before each of these bodies."""
    def tus(path, *arguments):
        return curl.signed_in(path, "--header", "Tus-Resumable: 1.0.0", *arguments)
    status, fields, body = tus("*/v1/uploads", "--request", "POST", "--header", f"Upload-Length: {len(data)}")
    assert status == 201, body
    upload, half = "*" + re.sub(r"^https?://[^/]+", "", fields["location"]), len(data) // 2
    for first, piece in ((0, data[:half]), (half, data[half:])):
        status, fields, body = tus(upload, "--head")
        assert (status, fields["upload-offset"]) == (200, str(first)), fields
        curl.file("piece", piece)
        status, fields, body = tus(upload, "--request", "PATCH", "--header", f"Upload-Offset: {first}", "--header",
                                   "Content-Type: application/offset+octet-stream", "--header", "Expect: 100-continue", "--data-binary", "@piece")
        assert status == 204, body
    assert curl.signed_in(f"*/v1/media/{fields['upload-media-id']}/content")[::2] == (200, data)


def curl_stream(curl, data):
    """Segments by PUT, of known length and in chunks; players get the bytes."""
    status, _, body = curl.signed_in("*/v1/streams", "--json", '{"title": "By curl", "visibility": "public"}')
    assert status == 201, body
    stream = json.loads(body)
    put = "*" + re.sub(r"^https?://[^/]+", "", stream["ingest"]["hls_put_url"])
    curl.file("seg0.ts", data)
    assert curl(f"{put}/seg0.ts", "--upload-file", "seg0.ts")[0] == 204
    assert curl(f"{put}/seg1.ts", "--upload-file", "seg0.ts", "--header", "Transfer-Encoding: chunked")[0] == 204
    curl.file("index.m3u8", b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nseg0.ts\n#EXTINF:1,\nseg1.ts\n")
    assert curl(f"{put}/index.m3u8", "--upload-file", "index.m3u8")[0] == 204
    seen = json.loads(curl.signed_in(f"*/v1/streams/{stream['stream_id']}")[2])
    assert seen["state"] == "live", seen
    list_url = "*" + re.sub(r"^https?://[^/]+", "", seen["playback_url"])
    status, _, body = curl(list_url)
    segments = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
    assert status == 200 and len(segments) == 2, body
    for segment in segments:
        assert curl(list_url[:list_url.index("index.m3u8")] + segment)[::2] == (200, data)


def by_curl(nova, token):
    curl, data = Curl(nova, token), random.Random(5).randbytes(3 << 20)
    curl_media(curl, data)
    curl_tus(curl, data)
    curl_stream(curl, data[:100_000])
    print("curl: form, ranges, a download and an upload that go on, a live stream: as expected")


def main():
    with NovaServer() as nova:
        ann, bob = nova.person("ann"), nova.person("bob")
        by_curl(nova, ann["access_token"])
        conversation = nova.direct(ann, bob)
        asyncio.run(autobahn(nova, ann["access_token"], conversation))
        subprocess.run(["node", "ws_client.mjs", str(nova.port), ann["access_token"], conversation], check=True,
                       timeout=6 * PATIENCE_S)
        follow(nova)
        assert nova.process.poll() is None, "the server died"


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # autobahn leaves timers behind that nobody waits for
