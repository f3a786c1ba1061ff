"""The request log: which requests have a record, and what is in it and never in it."""

import json
import sys
import unittest

from nova_server import NovaServer
from raw_websocket import TEXT, RawWebSocket, frame

SECRET = "a-secret-that-no-log-may-hold"


class RequestLog(unittest.TestCase):
    def records(self, nova, event):
        found = [json.loads(line) for line in nova.log().splitlines() if line.startswith("{")]
        return [r for r in found if r["event"] == event]

    def one(self, nova, event, request_id):
        """The record of that request; its answer may be read before it is written out, so that a stop comes first."""
        found = [r for r in self.records(nova, event) if r["request_id"] == request_id]
        self.assertEqual(1, len(found), found)
        return found[0]

    def ask(self, nova):
        """Requests of all kinds; the ids of their answers."""
        ids = {}
        status, fields, body = nova.call("POST", "/v1/auth/login", {"identifier": "nobody_here", "password": SECRET})
        self.assertEqual(401, status)
        ids["login"] = fields["X-Request-Id"]
        self.assertEqual(json.loads(body)["request_id"], ids["login"])
        _, fields, _ = nova.call("GET", f"/v1/nowhere?token={SECRET}")
        ids["nowhere"] = fields["X-Request-Id"]
        ann = nova.person("ann")
        _, fields, _ = nova.call("GET", "/v1/users/me", token=ann["access_token"])
        ids["me"] = fields["X-Request-Id"]
        _, fields, _ = nova.call("GET", "/v1/users/me", token=SECRET)
        ids["stranger"] = fields["X-Request-Id"]
        ids["socket"] = self.fail_on_a_socket(nova, ann)
        return ann, ids

    def fail_on_a_socket(self, nova, person):
        call = {"jsonrpc": "2.0", "id": 7, "method": "messaging.send", "params": {
            "conversation_id": person["account_id"], "client_id": "c", "text": SECRET}}
        with RawWebSocket(nova.port, [f"Authorization: Bearer {person['access_token']}",
                                      "Sec-WebSocket-Protocol: nova.v1.json"]) as socket:
            socket.send(frame(TEXT, json.dumps(call).encode()))
            while True:
                opcode, payload = socket.read_frame()
                if opcode == TEXT and "error" in json.loads(payload):
                    return json.loads(payload)["error"]["data"]["request_id"]

    def served(self, level, **settings):
        with NovaServer({"NOVA_GENERAL__LOG_LEVEL": level, "NOVA_GENERAL__LOG_FORM": "json", **settings}) as nova:
            ann, ids = self.ask(nova)
            nova.stop()
            log = nova.log()
            for secret in (SECRET, ann["access_token"], ann["refresh_token"], "correct horse"):
                self.assertNotIn(secret, log)
            self.check_failures(nova, ann, ids)
            return {name: [r for r in self.records(nova, "gateway.request") if r["request_id"] == ids[name]] for name in ids}, ann

    def check_failures(self, nova, ann, ids):
        failed = "gateway.request_failed"
        login = self.one(nova, "gateway.sign_in_failed", ids["login"])
        self.assertEqual([], [r for r in self.records(nova, failed) if r["request_id"] == ids["login"]])
        self.assertEqual(("http", "auth.Auth.Login", 401, "", "127.0.0.1"),
                         tuple(login[k] for k in ("transport", "method", "status", "account", "address")))
        self.assertGreater(login["took_us"], 0)
        self.assertEqual("GET /v1/nowhere", self.one(nova, failed, ids["nowhere"])["method"])
        self.assertEqual(401, self.one(nova, failed, ids["stranger"])["status"])
        sent = self.one(nova, failed, ids["socket"])
        self.assertEqual(("socket", "messaging.Messaging.Send", 404, ann["account_id"]),
                         tuple(sent[k] for k in ("transport", "method", "status", "account")))

    def sign_in_on_a_socket(self, nova, person, password):
        """The result; of a refusal the id in its problem document."""
        call = {"jsonrpc": "2.0", "id": 8, "method": "auth.login",
                "params": {"identifier": person["handle"], "password": password}}
        with RawWebSocket(nova.port, [f"Authorization: Bearer {person['access_token']}",
                                      "Sec-WebSocket-Protocol: nova.v1.json"]) as socket:
            socket.send(frame(TEXT, json.dumps(call).encode()))
            while True:
                opcode, payload = socket.read_frame()
                answer = json.loads(payload) if opcode == TEXT else {}
                if answer.get("id") == 8:
                    return answer["result"] if "result" in answer else answer["error"]["data"]["request_id"]

    def test_O_sign_ins_have_records_of_their_own_that_no_flood_of_failures_hides(self):
        flood = 600
        with NovaServer({"NOVA_GENERAL__LOG_FORM": "json"}) as nova:
            ann = nova.person("ann")
            who = {"identifier": ann["handle"]}
            sessions = [ann, json.loads(nova.call("POST", "/v1/auth/login", {**who, "password": ann["password"]})[2]),
                        self.sign_in_on_a_socket(nova, ann, ann["password"])]
            unfit = nova.call("POST", "/v1/auth/login", who)[1]["X-Request-Id"]
            for _ in range(flood):
                nova.call("GET", "/v1/nowhere")
            wrong = [nova.call("POST", "/v1/auth/login", {**who, "password": SECRET})[1]["X-Request-Id"],
                     self.sign_in_on_a_socket(nova, ann, SECRET)]
            nova.stop()
            began = self.records(nova, "gateway.signed_in")
            self.assertEqual([("http", "auth.Auth.Register"), ("http", "auth.Auth.Login"), ("socket", "auth.Auth.Login")],
                             [(r["transport"], r["method"]) for r in began])
            self.assertEqual([(ann["account_id"], s["session_id"], "127.0.0.1") for s in sessions],
                             [(r["account"], r["session"], r["address"]) for r in began])
            failed = self.records(nova, "gateway.sign_in_failed")
            self.assertEqual([(id, 401) for id in wrong], [(r["request_id"], r["status"]) for r in failed])
            self.one(nova, "gateway.request_failed", unfit)
            self.assertLess(len(self.records(nova, "gateway.request_failed")), flood)  # the flood has used up its rate
            for secret in (SECRET, ann["password"], *(s[t] for s in sessions for t in ("access_token", "refresh_token"))):
                self.assertNotIn(secret, nova.log())

    def test_O_failures_have_a_record_at_info_and_successes_have_none(self):
        done, _ = self.served("info")
        self.assertEqual([], [r for records in done.values() for r in records])

    def test_O_every_request_has_one_record_at_debug(self):
        done, ann = self.served("debug")
        self.assertEqual(["me"], [name for name, records in done.items() if records])
        self.assertEqual((1, ann["account_id"], 200), (len(done["me"]), done["me"][0]["account"], done["me"][0]["status"]))

    def test_O_behind_a_listed_proxy_the_address_is_the_clients(self):
        with NovaServer({"NOVA_GENERAL__LOG_FORM": "json", "NOVA_GATEWAY__TRUSTED_PROXIES": "127.0.0.1"}) as nova:
            with RawWebSocket(nova.port, ["X-Forwarded-For: 203.0.113.9", "Authorization: Bearer nothing"]) as socket:
                self.assertEqual(401, socket.status)
            nova.stop()
            self.assertEqual(["203.0.113.9"], [r["address"] for r in self.records(nova, "gateway.request_failed")])

    def test_O_metrics_have_a_port_of_their_own_where_it_is_asked_for(self):
        with NovaServer({"NOVA_GENERAL__LOG_FORM": "json", "NOVA_GENERAL__OPERATIONS": "127.0.0.1:0"}) as nova:
            (told,) = self.records(nova, "operations.listening")
            clients, nova_port = nova.port, int(told["address"].rsplit(":", 1)[1])
            self.assertEqual([200, 404], [nova.call("GET", path)[0] for path in ("/healthz", "/metrics")])
            nova.port = nova_port
            status, _, body = nova.call("GET", "/metrics")
            self.assertEqual(200, status)
            self.assertIn(b"\nnova_gateway_requests_total ", body)
            self.assertEqual([200, 200, 404], [nova.call("GET", path)[0] for path in ("/healthz", "/readyz", "/cluster")])
            self.assertEqual(404, nova.call("POST", "/cluster/drain", {})[0])
            self.assertEqual(404, nova.call("GET", "/v1/users/me")[0])
            nova.port = clients


if __name__ == "__main__":
    sys.exit(unittest.main())
