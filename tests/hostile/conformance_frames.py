"""Conformance cases 1 to 5, 7 and 9: sizes, pings, reserved bits, opcodes, fragments, closing, large messages."""

import struct

from conformance_cases import case
from raw_websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, frame

LIMIT = 1024 * 1024  # of one message
KINDS = ("json", "proto")


def in_frames(s, payload, piece, between=b""):
    """The payload as one message in frames of `piece` bytes, with `between` behind each but the last."""
    out = []
    for at in range(0, len(payload), piece):
        last = at + piece >= len(payload)
        out.append(frame(s.opcode if at == 0 else CONTINUATION, payload[at:at + piece], fin=last))
        out.append(b"" if last else between)
    return b"".join(out)


def sizes():
    number = 0
    for kind in KINDS:
        for size in (120, 125, 126, 127, 128, 129, 255, 256, 1024, 4096, 65535, 65536):
            for chop in (0, 1, 997):
                number += 1
                how = f"in writes of {chop}" if chop else "in one write"

                @case(f"1.{number}", f"{kind}: a message of {size} bytes {how}", kind)
                def _(s, size=size, chop=chop):
                    s.send(s.data_frame(s.unknown(size)), chop)
                    s.expect_unknown()
        for size in (1, 100, 125, 126, 127, 128, 1000, 8000, 16384):
            number += 1

            @case(f"1.{number}", f"{kind}: a text of {size} bytes comes back", kind)
            def _(s, size=size):
                s.echo("*" * size)

    @case("1.100", "an empty text is no JSON and the session goes on")
    def _(s):
        s.send(frame(TEXT))
        s.expect_answer(None, -32700)
        s.echo()

    @case("1.101", "an empty binary message is no call and the session goes on", "proto")
    def _(s):
        s.send(frame(BINARY))
        s.expect_answer(None, -32600)
        s.echo()

    @case("1.102", "binary on a socket of text: 1003")
    def _(s):
        s.send(frame(BINARY, b"\xfe" * 10))
        s.expect_close(1003)

    @case("1.103", "text on a socket of protobuf: 1003", "proto")
    def _(s):
        s.send(frame(TEXT, b"text"))
        s.expect_close(1003)


def pings():
    for i, payload in enumerate((b"", b"a", b"Hello, world!", b"\0\xff\xfe\xfd\xfc\xfb\0\xff", b"\xfe" * 124, b"\xfe" * 125)):
        for chop in (0, 1):
            @case(f"2.{2 * i + (1 if chop else 0) + 1}", f"ping of {len(payload)} bytes{', octet by octet' if chop else ''}")
            def _(s, payload=payload, chop=chop):
                s.send(frame(PING, payload), chop)
                s.expect_pong(payload)
                s.echo()

    @case("2.13", "a ping of 126 bytes: 1002")
    def _(s):
        s.send(frame(PING, b"\xfe" * 126))
        s.expect_close(1002)

    for number, payload in ((14, b""), (15, b"unasked")):
        @case(f"2.{number}", f"a pong nobody asked for, {len(payload)} bytes, is ignored")
        def _(s, payload=payload):
            s.send(frame(PONG, payload))
            s.expect_silence()
            s.pinged(b"after")
            s.echo()

    @case("2.16", "pong, ping: one answer")
    def _(s):
        s.send(frame(PONG, b"unasked") + frame(PING, b"asked"))
        s.expect_pong(b"asked")

    for number, count, chop in ((17, 10, 0), (18, 10, 1), (19, 200, 0)):
        @case(f"2.{number}", f"{count} pings at once{', octet by octet' if chop else ''}: pongs in order")
        def _(s, count=count, chop=chop):
            payloads = [f"payload-{i}".encode() for i in range(count)]
            s.send(b"".join(frame(PING, p) for p in payloads), chop)
            for p in payloads:
                s.expect_pong(p)
            s.echo()

    @case("2.20", "a pong of 126 bytes: 1002")
    def _(s):
        s.send(frame(PONG, b"\xfe" * 126))
        s.expect_close(1002)


def reserved_bits():
    for rsv in range(1, 8):
        @case(f"3.{rsv}", f"RSV {rsv:03b} on text: 1002")
        def _(s, rsv=rsv):
            s.send(s.data_frame(s.unknown(), rsv=rsv))
            s.expect_close(1002)

        @case(f"3.{rsv + 7}", f"RSV {rsv:03b} behind a message that is answered, and a ping behind it: 1002")
        def _(s, rsv=rsv):
            s.send(s.data_frame(s.unknown()) + s.data_frame(s.unknown(), rsv=rsv) + frame(PING))
            s.calls -= 1
            s.expect_unknown()
            s.expect_close(1002)

        @case(f"3.{rsv + 14}", f"RSV {rsv:03b} on a {'ping' if rsv % 2 else 'close'}, octet by octet: 1002")
        def _(s, rsv=rsv):
            s.send(frame(PING, b"x", rsv=rsv) if rsv % 2 else frame(CLOSE, close_payload(1000), rsv=rsv), 1)
            s.expect_close(1002)


def opcodes():
    number = 0
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"reserved opcode payload"):
            number += 1

            @case(f"4.{number}", f"opcode {opcode} with {len(payload)} bytes: 1002")
            def _(s, opcode=opcode, payload=payload):
                s.send(frame(opcode, payload))
                s.expect_close(1002)
        number += 1

        @case(f"4.{number}", f"opcode {opcode} between a message and a ping, octet by octet: 1002")
        def _(s, opcode=opcode):
            s.send(s.data_frame(s.unknown()) + frame(opcode, b"x") + frame(PING), 1)
            s.expect_unknown()
            s.expect_close(1002)


def fragments():
    for number, opcode in ((1, PING), (2, PONG), (3, CLOSE)):
        @case(f"5.{number}", f"a control frame in fragments, opcode {opcode}: 1002")
        def _(s, opcode=opcode):
            s.send(frame(opcode, b"\x03\xe8", fin=False) + frame(CONTINUATION, b"x"))
            s.expect_close(1002)

    number = 3
    for kind in KINDS:
        for piece in (1, 2, 7, 40, 100):
            for chop in (0, 1):
                for between in (b"", frame(PING, b"between")):
                    number += 1
                    title = f"{kind}: fragments of {piece}{', octet by octet' if chop else ''}{', pings between' if between else ''}"

                    @case(f"5.{number}", title, kind)
                    def _(s, piece=piece, chop=chop, between=between):
                        payload = s.message("in fragments", 300)
                        s.send(in_frames(s, payload, piece, between), chop)
                        for _ in range((300 - 1) // piece if between else 0):
                            s.expect_pong(b"between")
                        s.expect_echo("in fragments")

    for kind in KINDS:
        number += 1

        @case(f"5.{number}", f"{kind}: empty fragments before, between and behind", kind)
        def _(s):
            p = s.message("with nothing between")
            s.send(frame(s.opcode, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 20 +
                   frame(CONTINUATION, p, fin=False) + frame(CONTINUATION, b"", fin=False) + frame(CONTINUATION, b""))
            s.expect_echo("with nothing between")

        number += 1

        @case(f"5.{number}", f"{kind}: three messages, each in two fragments, in one write", kind)
        def _(s):
            texts = ["one", "two", "three"]
            for text in texts:
                s.send(in_frames(s, s.message(text), 60))
                s.expect_echo(text)

        number += 1

        @case(f"5.{number}", f"{kind}: a ping and a pong inside a message, text behind them", kind)
        def _(s):
            p = s.message("around a ping")
            s.send(frame(s.opcode, p[:9], fin=False) + frame(PING, b"in") + frame(PONG, b"in"))
            s.expect_pong(b"in")
            s.send(frame(CONTINUATION, p[9:]))
            s.expect_echo("around a ping")

    wrong = [
        ("a continuation of nothing, final", lambda s: frame(CONTINUATION, b"x")),
        ("a continuation of nothing, not final", lambda s: frame(CONTINUATION, b"x", fin=False)),
        ("an empty continuation of nothing", lambda s: frame(CONTINUATION, b"")),
        ("a new text inside a message", lambda s: frame(TEXT, b"{", fin=False) + frame(TEXT, b"}")),
        ("a new binary inside a message", lambda s: frame(TEXT, b"{", fin=False) + frame(BINARY, b"}")),
        ("a new text, not final, inside a message", lambda s: frame(TEXT, b"{", fin=False) + frame(TEXT, b"}", fin=False)),
    ]
    for title, bytes_of in wrong:
        for chop in (0, 1):
            number += 1

            @case(f"5.{number}", f"{title}{', octet by octet' if chop else ''}: 1002")
            def _(s, bytes_of=bytes_of, chop=chop):
                s.send(bytes_of(s), chop)
                s.expect_close(1002)
        number += 1

        @case(f"5.{number}", f"{title}, behind a whole message: answered, then 1002")
        def _(s, bytes_of=bytes_of):
            s.send(in_frames(s, s.unknown(), 10) + bytes_of(s))
            s.expect_unknown()
            s.expect_close(1002)


def shapes():
    """What is wrong with a frame besides opcode and reserved bits; these stand with section 4."""
    wrong = [
        ("an unmasked text", frame(TEXT, b"{}", masked=False)),
        ("an unmasked ping", frame(PING, b"", masked=False)),
        ("an unmasked close", frame(CLOSE, close_payload(1000), masked=False)),
        ("a length of 1 in 3 bytes", frame(TEXT, b"x", length_bytes=3)),
        ("a length of 125 in 3 bytes", frame(TEXT, b" " * 125, length_bytes=3)),
        ("a length of 1 in 9 bytes", frame(TEXT, b"x", length_bytes=9)),
        ("a length of 65535 in 9 bytes", frame(TEXT, b" " * 65535, length_bytes=9)),
        ("a length of 2^63", frame(TEXT, b"x", length=1 << 63, length_bytes=9)),
        ("a length of 2^64-1", frame(BINARY, b"x", length=(1 << 64) - 1, length_bytes=9)),
    ]
    for i, (title, data) in enumerate(wrong):
        for chop in (0, 1):
            @case(f"4.{40 + 2 * i + chop}", f"{title}{', octet by octet' if chop else ''}: 1002")
            def _(s, data=data, chop=chop):
                s.send(data[:200], chop)
                s.expect_close(1002)

    @case("4.60", "a length of 2^64-1 behind a message that is answered: 1002")
    def _(s):
        s.send(s.data_frame(s.unknown()) + frame(TEXT, b"x", length=(1 << 64) - 1, length_bytes=9))
        s.expect_unknown()
        s.expect_close(1002)


GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4401, 4999)
BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 5001, 9999, 65535)


def closing():
    @case("7.1", "a message, then a close")
    def _(s):
        s.echo()
        s.end()

    @case("7.2", "two closes at once: one answer")
    def _(s):
        s.send(frame(CLOSE, close_payload(1000)) * 2)
        s.expect_close(1000, reply=False)

    for number, title, behind in ((3, "a ping", frame(PING)), (4, "a text", frame(TEXT, b"{}")),
                                  (5, "the rest of a message", frame(CONTINUATION, b"x")),
                                  (6, "256 KiB of text", frame(TEXT, b" " * (1 << 18)))):
        @case(f"7.{number}", f"{title} behind a close is not answered")
        def _(s, behind=behind):
            s.send(frame(CLOSE, close_payload(1000)) + behind)
            s.expect_close(1000, reply=False)

    @case("7.7", "a close inside a message")
    def _(s):
        s.send(frame(TEXT, b"{", fin=False) + frame(CLOSE, close_payload(1001)))
        s.expect_close(1001, reply=False)

    @case("7.8", "messages before a close are answered")
    def _(s):
        s.send(s.data_frame(s.unknown()) + frame(CLOSE, close_payload(1000)))
        s.expect_unknown()
        s.expect_close(1000, reply=False)

    @case("7.9", "256 KiB of text, then a close")
    def _(s):
        s.send(s.data_frame(s.unknown(1 << 18)) + frame(CLOSE, close_payload(1000)))
        s.expect_unknown()
        s.expect_close(1000, reply=False)

    @case("7.10", "a close without a code")
    def _(s):
        s.send(frame(CLOSE))
        s.expect_close(None, 1000, reply=False)

    @case("7.11", "a close with one byte: 1002")
    def _(s):
        s.send(frame(CLOSE, b"\x03"))
        s.expect_close(1002, reply=False)

    reasons = ((b"because", 1000), (b"*" * 123, 1000), ("\u4f60\u597d \u20ac \U0001f600".encode(), 1000),
               (b"*" * 124, 1002), (b"*" * 300, 1002), (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80", 1007),
               (b"\xff", 1007), (b"cut \xe2\x82", 1007), (b"\xc0\x80", 1007), (b"\xf4\x90\x80\x80", 1007))
    for i, (reason, code) in enumerate(reasons):
        for chop in (0, 1):
            title = f"reason {reason[:20]!r} of {len(reason)} bytes{', octet by octet' if chop else ''}: {code}"

            @case(f"7.{12 + 2 * i + chop}", title)
            def _(s, reason=reason, code=code, chop=chop):
                s.send(frame(CLOSE, close_payload(1000, reason)), chop)
                s.expect_close(code, reply=False)

    number = 11 + 2 * len(reasons)
    for code in GOOD_CODES:
        for kind in KINDS:
            number += 1

            @case(f"7.{number}", f"{kind}: close code {code} is answered with itself", kind)
            def _(s, code=code):
                s.send(frame(CLOSE, close_payload(code, b"reason")))
                s.expect_close(code, reply=False)
    for code in BAD_CODES:
        for reason in (b"", b"reason"):
            number += 1

            @case(f"7.{number}", f"close code {code}{' with a reason' if reason else ''}: 1002")
            def _(s, code=code, reason=reason):
                s.send(frame(CLOSE, struct.pack(">H", code) + reason))
                s.expect_close(1002, reply=False)

    @case("7.98", "a bad close code behind a message that is answered: 1002")
    def _(s):
        s.send(s.data_frame(s.unknown()) + frame(CLOSE, close_payload(5000)), 1)
        s.expect_unknown()
        s.expect_close(1002, reply=False)

    @case("7.99", "bad UTF-8 before a good close: 1007")
    def _(s):
        s.send(frame(TEXT, b"\xff") + frame(CLOSE, close_payload(1000)))
        s.expect_close(1007, reply=False)


def large():
    number = 0
    for kind in KINDS:
        for size in (1 << 16, 1 << 18, 1 << 19, LIMIT):
            number += 1

            @case(f"9.{number}", f"{kind}: {size} bytes in one frame", kind)
            def _(s, size=size):
                s.send(s.data_frame(s.unknown(size)))
                s.expect_unknown()
                s.echo()
        for piece in (64, 256, 1024, 4096, 16384, 65536, 1 << 18, LIMIT):
            number += 1

            @case(f"9.{number}", f"{kind}: {LIMIT} bytes in frames of {piece}", kind)
            def _(s, piece=piece):
                s.send(in_frames(s, s.unknown(LIMIT), piece))
                s.expect_unknown()
        for chop in (64, 128, 256, 512, 1024, 2048):
            number += 1

            @case(f"9.{number}", f"{kind}: {LIMIT} bytes in writes of {chop}", kind)
            def _(s, chop=chop):
                s.send(s.data_frame(s.unknown(LIMIT)), chop)
                s.expect_unknown()
        number += 1

        @case(f"9.{number}", f"{kind}: 65536 bytes, each a frame of its own", kind)
        def _(s):
            s.send(in_frames(s, s.unknown(65536), 1))
            s.expect_unknown()
        number += 1

        @case(f"9.{number}", f"{kind}: one byte over the limit: 1009", kind)
        def _(s):
            s.send(s.data_frame(s.unknown(LIMIT + 1)))
            s.expect_close(1009)
        number += 1

        @case(f"9.{number}", f"{kind}: one byte over the limit, in frames of 1000: 1009", kind)
        def _(s):
            s.send(in_frames(s, s.unknown(LIMIT + 1), 1000))
            s.expect_close(1009)
        number += 1

        @case(f"9.{number}", f"{kind}: a length of 2^63-1: 1009", kind)
        def _(s):
            s.send(frame(s.opcode, b"x", length=(1 << 63) - 1, length_bytes=9))
            s.expect_close(1009)


for section in (sizes, pings, reserved_bits, opcodes, shapes, fragments, closing, large):
    section()
