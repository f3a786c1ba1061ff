"""`nova backup` of a serving Nova under load, `nova restore` into a new folder, and what must then be there."""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../hostile"))
from nova_server import NovaServer, SLOWDOWN  # noqa: E402

LIMIT_S = 120 * SLOWDOWN


class Sender(threading.Thread):
    """Sends numbered messages until it is told to stop; `answered` grows with each answer."""

    def __init__(self, nova, person, conversation):
        super().__init__(daemon=True)
        self.nova, self.person, self.conversation = nova, person, conversation
        self.answered, self.enough = [], threading.Event()
        self.some = threading.Semaphore(0)

    def run(self):
        number = 0
        while not self.enough.is_set():
            number += 1
            status, _, body = self.nova.call("POST", f"/v1/conversations/{self.conversation}/messages",
                                             {"client_id": f"c{number}", "text": f"message {number}"},
                                             self.person["access_token"])
            assert status == 201, body
            self.answered.append(number)
            self.some.release()


class Backup(unittest.TestCase):
    def nova(self, *words):
        return subprocess.run([os.environ["NOVA_BINARY"], *words], capture_output=True, text=True, timeout=LIMIT_S, check=False)

    def history(self, nova, person, conversation):
        texts, after = [], 0
        while True:
            status, _, body = nova.call("GET", f"/v1/conversations/{conversation}/messages?after_seq={after}&limit=100",
                                        token=person["access_token"])
            self.assertEqual(200, status, body)
            items = json.loads(body)["items"]
            if not items:
                return texts
            items.sort(key=lambda item: item["seq"])
            texts += [item["text"] for item in items]
            after = items[-1]["seq"]

    def test_O_what_was_answered_before_a_backup_is_in_it(self):
        with NovaServer() as nova:
            ann = nova.person("ann")
            status, _, body = nova.call("POST", "/v1/conversations", {"kind": "group", "title": "t", "member_ids": []},
                                        ann["access_token"])
            self.assertEqual(201, status, body)
            conversation = json.loads(body)["conversation_id"]
            sender = Sender(nova, ann, conversation)
            sender.start()
            for _ in range(50):
                sender.some.acquire()
            before = len(sender.answered)
            film = b"bytes of a medium" * 10_000
            status, _, body = nova.call("POST", "/v1/media", film, ann["access_token"], "text/plain")
            self.assertEqual(201, status, body)
            self.medium, self.bytes = json.loads(body)["media_id"], film
            copy = f"{nova.folder}/copy"
            done = self.nova("backup", copy, "--data", nova.data)
            self.assertEqual(0, done.returncode, done.stderr)
            sender.enough.set()
            sender.join(LIMIT_S)
            after = len(sender.answered)
            self.assertEqual(0o700, stat.S_IMODE(os.stat(copy).st_mode))
            self.assertEqual(1, self.nova("backup", copy, "--data", nova.data).returncode)  # never over another one
            self.check_restored(nova, copy, ann, conversation, before, after)

    def check_restored(self, nova, copy, ann, conversation, before, after):
        nova.stop()
        kept, nova.data = nova.data, f"{nova.folder}/restored"
        self.assertEqual(1, self.nova("restore", copy, "--data", kept).returncode)  # a folder in use
        done = self.nova("restore", copy, "--data", nova.data)
        self.assertEqual(0, done.returncode, done.stderr)
        nova.start()
        texts = self.history(nova, ann, conversation)
        self.assertGreaterEqual(len(texts), before)
        self.assertLessEqual(len(texts), after + 1)
        self.assertEqual([f"message {n}" for n in range(1, len(texts) + 1)], texts)
        status, _, body = nova.call("GET", f"/v1/media/{self.medium}/content", token=ann["access_token"])
        self.assertEqual((200, self.bytes), (status, body))
        status, _, body = nova.call("POST", f"/v1/conversations/{conversation}/messages", {"client_id": "c1", "text": "message 1"},
                                    ann["access_token"])
        self.assertEqual((201, 1), (status, json.loads(body)["seq"]))  # the same message again: known
        self.assertEqual(201, nova.call("POST", "/v1/auth/register", {
            "email": "new@example.org", "handle": "new_after", "password": "correct horse battery", "display_name": "n"})[0])
        shutil.rmtree(copy)


if __name__ == "__main__":
    sys.exit(unittest.main())
