"""The steps of config/guide/websocket_quick_start.md as they stand there, with bash and a WebSocket, against a nova."""

import json
import os
import re
import subprocess
import threading

from nova_server import SLOWDOWN

GUIDE = os.path.join(os.path.dirname(__file__), "../../config/guide/websocket_quick_start.md")
PATIENCE_S = 20 * SLOWDOWN
# A browser's WebSocket, and each message as a line.
BROWSER = """
import WebSocket from 'ws';
console.log = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
const { BOB } = process.env;
"""


def blocks(language):
    with open(GUIDE, encoding="utf-8") as file:
        return re.findall(rf"^```{language}\n(.*?)^```", file.read(), re.M | re.S)


class Page:
    """A script in node whose lines are messages; `send` gives it a further call."""

    def __init__(self, script, **environment):
        self.process = subprocess.Popen(
            ["node", "--input-type=module", "-e", BROWSER + script + """
let rest = '';
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) socket.send(line);
}).on('end', () => socket.close());
"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.timer = threading.Timer(PATIENCE_S, self.process.kill)
        self.timer.start()

    def until(self, wanted):
        """The first message that is `wanted`; pushes of other kinds may come before."""
        for line in self.process.stdout:
            message = json.loads(line)
            assert "error" not in message, message
            if wanted(message):
                return message
        raise AssertionError("the socket ended, or nothing came in time")

    def send(self, call):
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()
        self.timer.cancel()


def follow(nova):
    def here(text):
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{nova.port}")

    def shell(text, **environment):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", here(text)], env={**os.environ, **environment},
                              capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        return json.loads(done.stdout)

    def is_push(text):
        return lambda m: m.get("method") == "messaging.message" and m["params"]["text"] == text

    register, create, send = blocks("sh")
    (listen,) = blocks("js")
    send_call, resume_call = (json.loads(block) for block in blocks("json"))
    ada = shell(register)
    bob = shell(register.replace("ada", "bob").replace("Ada", "Bob"))
    assert {"account_id", "access_token", "refresh_token"} <= set(ada), ada
    chat = shell(create, ADA=ada["access_token"], BOB_ID=bob["account_id"])["conversation_id"]

    page = Page(here(listen), BOB=bob["access_token"])
    token = page.until(lambda m: m.get("id") == 1)["result"]["resume_token"]
    answer = shell(send, ADA=ada["access_token"], CHAT=chat)
    assert set(answer) == {"message_id", "seq", "sent_at"}, answer
    text = send_call["params"]["text"]
    assert page.until(is_push(text))["params"]["message_id"] == answer["message_id"]
    page.close()

    # The same over Ada's own socket: the client_id is the same, so the answer is.
    page = Page(here(listen), BOB=ada["access_token"])
    page.until(lambda m: m.get("id") == 1)
    send_call["params"] |= {"conversation_id": chat, "client_id": "m-1"}
    page.send(send_call)
    assert page.until(lambda m: m.get("id") == send_call["id"])["result"] == answer
    send_call["params"] |= {"client_id": "m-2", "text": "While Bob is away"}
    page.send(send_call | {"id": 3})
    page.until(lambda m: m.get("id") == 3)
    page.close()

    # Bob comes back and has seen the first.
    resume = resume_call["params"]["resume"]
    resume_call["params"]["access_token"], resume["token"] = bob["access_token"], token
    resume["seen"] = {chat: resume["seen"]["CONVERSATION_ID"] | {"seq": answer["seq"], "rev": 0}}
    page = Page(f"const socket = new WebSocket('ws://127.0.0.1:{nova.port}/v1/ws', 'nova.v1.json');\n"
                f"socket.onopen = () => socket.send({json.dumps(json.dumps(resume_call))});\n"
                "socket.onmessage = ({ data }) => console.log(JSON.parse(data));\n")
    page.until(is_push("While Bob is away"))
    page.close()
    print("quick start: followed as it stands")
