"""WebSocket clients that others wrote, python3-autobahn and npm's ws, against a nova: compression asked for, fragments, pings, closing; the quick start."""

import asyncio
import json
import os
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


def main():
    with NovaServer() as nova:
        ann, bob = nova.person("ann"), nova.person("bob")
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
