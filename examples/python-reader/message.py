"""Format 1 of docs/format.md, "message": all of a reader but the decryption."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from location import canonical_path, item_location
from parts import (
    MAX_FIELD,
    TAG,
    AttributeValue,
    Cursor,
    Path,
    Refused,
    serialize_context,
    take_encrypted_data_keys,
)
from values import take_value

MAX_CONTEXT_PAIRS = 64
MAX_CONTEXT = 8_192

SUITE = 0x0478
SIGNED_SUITE = 0x0578
#: The suites of message format 1.0, none of which has key commitment.
UNCOMMITTED_SUITES = {0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378}
UNFRAMED, FRAMED = 1, 2
FINAL_FRAME = 0xFFFFFFFF
IV = 12


def check_message(message: bytes, context: Mapping[str, str]) -> None:
    """Refuses what is not one whole message with exactly this context, before a key is asked for.

    The AWS Encryption SDK for Python reads from a stream and leaves what follows the message unread. A field
    is the whole attribute, so nothing may follow.
    """
    if message[:2] == b"\x01\x80" and int.from_bytes(message[2:4], "big") in UNCOMMITTED_SUITES:
        raise Refused("unsupported-suite", "a message of format 1.0, without key commitment")
    if len(message) < 3 or message[0] != 2:
        raise Refused("not-a-message", "no message of format 2.0")
    if len(message) > MAX_FIELD:
        raise Refused("malformed-message", f"more than {MAX_FIELD} bytes")
    cursor = Cursor(message[1:], "malformed-message")
    suite = cursor.u16()
    if suite == SIGNED_SUITE:
        raise Refused("unsupported-suite", "a signed message")
    if suite != SUITE:
        raise Refused("not-a-message", "another algorithm suite")
    cursor.take(32)  # message id
    found = cursor.take(cursor.u16())
    take_encrypted_data_keys(cursor)
    _check_body(cursor)
    cursor.end()

    if len(found) > MAX_CONTEXT or int.from_bytes(found[:2], "big") > MAX_CONTEXT_PAIRS:
        raise cursor.refuse("the context exceeds a limit")
    if not hmac.compare_digest(found, serialize_context(context)):
        raise Refused("wrong-context", "sealed for another table or encryption context")


def _check_body(cursor: Cursor) -> None:
    content_type = cursor.u8()
    frame_length = cursor.u32()
    cursor.take(32)  # commitment
    cursor.take(TAG)
    if content_type == UNFRAMED:
        if frame_length != 0:
            raise cursor.refuse("unframed, but with a frame length")
        cursor.take(IV)
        cursor.take(cursor.u64())
        cursor.take(TAG)
    elif content_type == FRAMED:
        if frame_length == 0:
            raise cursor.refuse("framed, but without a frame length")
        _check_frames(cursor, frame_length)
    else:
        raise cursor.refuse(f"content type {content_type}")


def _check_frames(cursor: Cursor, frame_length: int) -> None:
    expected = 1
    while True:
        number = cursor.u32()
        final = number == FINAL_FRAME
        if final:
            number = cursor.u32()
        if number != expected:
            raise cursor.refuse(f"frame {number} where frame {expected} belongs")
        cursor.take(IV)
        length = cursor.u32() if final else frame_length
        if length > frame_length:
            raise cursor.refuse("a final frame that is longer than a frame")
        cursor.take(length)
        cursor.take(TAG)
        if final:
            return
        expected += 1


def location(table: str, key: Mapping[str, AttributeValue], path: Path) -> bytes:
    return hashlib.sha256(item_location(table, key) + canonical_path(path)).digest()


def parse_content(content: bytes, expected_location: bytes) -> AttributeValue:
    if content[:1] != b"\x01":
        raise Refused("unsupported-version", "another version of the format, or no content")
    cursor = Cursor(content[1:], "malformed-value")
    if not hmac.compare_digest(cursor.take(32), expected_location):
        raise Refused("wrong-location", "sealed for another item or attribute")
    return take_value(cursor)
