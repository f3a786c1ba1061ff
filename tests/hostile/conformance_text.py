"""Conformance cases 6: UTF-8, valid and not, whole, in fragments at every split, octet by octet, and refused at once."""

from conformance_cases import case
from raw_websocket import CONTINUATION, TEXT, frame

KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()

VALID = [
    b"Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!", KOSME, b"\xc2\x80", b"\xe0\xa0\x80",
    b"\xf0\x90\x80\x80", b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf",
    b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xb7\x90", b"\xf0\x9f\x98\x80", "e\u0301".encode(), b"\xe4\xbd\xa0\xe5\xa5\xbd",
    # code points that are no characters, but valid: the last two of each plane
    *[chr(plane << 16 | last).encode() for plane in range(17) for last in (0xFFFE, 0xFFFF)],
]

INVALID = [
    # impossible bytes, stray continuations
    b"\xfe", b"\xff", b"\xfe\xfe\xff\xff", b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", b"\x80\xbf\x80\xbf",
    b"\x80\xbf\x80\xbf\x80", b"\x80\xbf\x80\xbf\x80\xbf", bytes(range(0x80, 0xC0)),
    # sequences that lack their end, alone and with text behind
    *[bytes([first]) + b" " for first in (0xC2, 0xDF, 0xE0, 0xE1, 0xEF, 0xF0, 0xF1, 0xF4)],
    b"\xc2", b"\xe0\xa0", b"\xe2\x82", b"\xf0\x90\x80", b"\xf4\x8f\xbf", b"\xdf", b"\xef\xbf",
    # five and six bytes
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf8", b"\xfc", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf",
    # above U+10FFFF
    b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xf5\x80\x80\x80",
    # overlong
    b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf",
    b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf",
    b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80",
    # surrogates, single and in pairs
    b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80", b"\xed\xa0\x80\xed\xbf\xbf", b"\xed\xad\xbf\xed\xb0\x80", b"\xed\xad\xbf\xed\xbf\xbf",
    b"\xed\xae\x80\xed\xb0\x80", b"\xed\xaf\xbf\xed\xbf\xbf",
]


def at_every_split(payload, at):
    """One message of two frames that are split at `at`."""
    return frame(TEXT, payload[:at], fin=False) + frame(CONTINUATION, payload[at:])


def octets(payload):
    frames = [frame(CONTINUATION, bytes([b]), fin=False) for b in payload]
    return frame(TEXT, b"", fin=False) + b"".join(frames) + frame(CONTINUATION, b"")


def valid():
    for i, text in enumerate(VALID):
        @case(f"6.{i + 1}.1", f"{text!r} comes back, whole")
        def _(s, text=text):
            s.echo(text.decode())

        @case(f"6.{i + 1}.2", f"{text!r} comes back, split at every byte")
        def _(s, text=text):
            for at in range(1, len(text) + 1):
                payload = s.message(text.decode())
                begin = payload.index(text)
                s.send(at_every_split(payload, begin + at))
                s.expect_echo(text.decode())

        @case(f"6.{i + 1}.3", f"{text!r} is read octet by octet, and is no JSON alone")
        def _(s, text=text):
            s.send(octets(text))
            s.expect_answer(None, -32700)
            s.send(octets(s.message(text.decode())), 1)
            s.expect_echo(text.decode())

    @case("6.90.1", "all of the basic plane comes back")
    def _(s):
        points = [p for p in range(1, 0x10000) if not 0xD800 <= p < 0xE000]
        for at in range(0, len(points), 4000):
            s.echo("".join(map(chr, points[at:at + 4000])))


def invalid():
    for i, text in enumerate(INVALID):
        number = 100 + i

        @case(f"6.{number}.1", f"{text!r}, whole: 1007")
        def _(s, text=text):
            s.send(frame(TEXT, KOSME + text))
            s.expect_close(1007)

        @case(f"6.{number}.2", f"{text!r}, octet by octet: 1007")
        def _(s, text=text):
            s.send(octets(KOSME + text))
            s.expect_close(1007)

        if len(text) > 1:
            @case(f"6.{number}.3", f"{text!r}, split: 1007")
            def _(s, text=text):
                s.send(at_every_split(KOSME + text, len(KOSME) + len(text) // 2))
                s.expect_close(1007)

        @case(f"6.{number}.4", f"{text!r} inside a call, with a ping inside: 1007")
        def _(s, text=text):
            payload = s.message("%").replace(b"%", text)
            s.send(frame(TEXT, payload[:20], fin=False))
            s.pinged(b"in")
            s.send(frame(CONTINUATION, payload[20:]))
            s.expect_close(1007)


# What can be seen to be wrong before the frame or message has ended: (bytes that prove it, what would follow).
EARLY = [(b"\xff", b"abc"), (b"\xc0", b"\xaf"), (b"\xf4\x90", b"\x80\x80"), (b"\xed\xa0", b"\x80"), (b"\xe0\x9f", b"\xbf"),
         (b"\xf0\x8f", b"\xbf\xbf"), (b"\xc2 ", b"abc"), (b"\xf8", b"\x88\x80\x80\x80"), (b"\x80", b"abc"),
         (b"\xf5", b"\x80\x80\x80")]


def at_once():
    for i, (proof, rest) in enumerate(EARLY):
        @case(f"6.{200 + i}.1", f"{proof!r} in a fragment is refused before the next one comes")
        def _(s, proof=proof):
            s.send(frame(TEXT, KOSME + proof, fin=False))
            s.expect_close(1007)

        @case(f"6.{200 + i}.2", f"{proof!r} is refused before its frame has ended")
        def _(s, proof=proof, rest=rest):
            whole = frame(TEXT, KOSME + proof + rest)
            s.send(whole[:len(whole) - len(rest)])
            s.expect_close(1007)


for section in (valid, invalid, at_once):
    section()
