"""The field format, version 1, as docs/format.md specifies it: all of a reader but the decryption.

AttributeValues have the form that boto3's low-level client gives them: {"S": "text"}, {"B": b"bytes"}.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from collections.abc import Mapping, Sequence
from decimal import Context, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal, Underflow
from typing import Any, Callable, Union

AttributeValue = dict[str, Any]
#: Attribute names and map keys are strings, list positions integers.
Path = Sequence[Union[str, int]]

MAX_MESSAGE = 524_288
MAX_ENCRYPTED_DATA_KEYS = 32
MAX_CONTEXT_PAIRS = 64
MAX_CONTEXT = 8_192
MAX_DEPTH = 32

SUITE = 0x0478
SIGNED_SUITE = 0x0578
#: The suites of message format 1.0, none of which has key commitment.
UNCOMMITTED_SUITES = {0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378}
UNFRAMED, FRAMED = 1, 2
FINAL_FRAME = 0xFFFFFFFF
IV, TAG = 12, 16

NULL, S, N, BOOL, SS, NS, BS, M, L, B = (
    0x0000, 0x0001, 0x0002, 0x0004, 0x0101, 0x0102, 0x01FF, 0x0200, 0x0300, 0xFFFF,
)  # fmt: skip
KEY_TYPES = {"S": S, "N": N, "B": B}


class Refused(Exception):
    """What was read is not what was written here. `code` is one of "Errors" in docs/format.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Cursor:
    """Takes bytes from the front, never more than there are."""

    def __init__(self, data: bytes, code: str) -> None:
        self._data = data
        self._offset = 0
        self._code = code

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise self.refuse(f"{size} bytes are announced, {self.left} are left")
        self._offset += size
        return self._data[self._offset - size : self._offset]

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "big")

    @property
    def left(self) -> int:
        return len(self._data) - self._offset

    def end(self) -> None:
        if self.left > 0:
            raise self.refuse(f"{self.left} bytes too many")

    def refuse(self, message: str) -> Refused:
        return Refused(self._code, message)


# The message


def serialize_context(pairs: Mapping[str, str]) -> bytes:
    encoded = sorted((key.encode(), value.encode()) for key, value in pairs.items())
    return struct.pack(">H", len(encoded)) + b"".join(
        struct.pack(">H", len(part)) + part for pair in encoded for part in pair
    )


def expected_context(table: str, added: Mapping[str, str]) -> dict[str, str]:
    for key in added:
        if key.startswith(("aws-crypto-", "aws:", "dynaseal:")):
            raise ValueError(f"{key} cannot be added to an encryption context")
    return {**added, "dynaseal:table": table}


def check_message(message: bytes, context: Mapping[str, str]) -> None:
    """Refuses what is not one whole message with exactly this context, before a key is asked for.

    The AWS Encryption SDK for Python reads from a stream and leaves what follows the message unread. A field
    is the whole attribute, so nothing may follow.
    """
    if message[:2] == b"\x01\x80" and int.from_bytes(message[2:4], "big") in UNCOMMITTED_SUITES:
        raise Refused("unsupported-suite", "a message of format 1.0, without key commitment")
    if len(message) < 3 or message[0] != 2:
        raise Refused("not-a-message", "no message of format 2.0")
    if len(message) > MAX_MESSAGE:
        raise Refused("malformed-message", f"more than {MAX_MESSAGE} bytes")
    cursor = Cursor(message[1:], "malformed-message")
    suite = cursor.u16()
    if suite == SIGNED_SUITE:
        raise Refused("unsupported-suite", "a signed message")
    if suite != SUITE:
        raise Refused("not-a-message", "another algorithm suite")
    cursor.take(32)  # message id
    found = cursor.take(cursor.u16())
    _check_encrypted_data_keys(cursor)
    _check_body(cursor)
    cursor.end()

    if len(found) > MAX_CONTEXT or int.from_bytes(found[:2], "big") > MAX_CONTEXT_PAIRS:
        raise cursor.refuse("the context exceeds a limit")
    if not hmac.compare_digest(found, serialize_context(context)):
        raise Refused("wrong-context", "sealed for another table or encryption context")


def _check_encrypted_data_keys(cursor: Cursor) -> None:
    count = cursor.u16()
    if not 1 <= count <= MAX_ENCRYPTED_DATA_KEYS:
        raise cursor.refuse(f"{count} encrypted data keys")
    for _ in range(count):
        for _ in ("provider id", "provider information", "ciphertext"):
            if not cursor.take(cursor.u16()):
                raise cursor.refuse("a part of an encrypted data key is empty")


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


# The location


def location(table: str, key: Mapping[str, AttributeValue], path: Path) -> bytes:
    """SHA-256 of the canonical location: `key` has the item's one or two key attributes."""
    if not 1 <= len(key) <= 2:
        raise ValueError("a key has one or two attributes")
    parts = [b"dynaseal:location:v1", _sized(table.encode()), struct.pack(">I", len(key))]
    for name, attribute in sorted(key.items(), key=lambda entry: entry[0].encode()):
        ((type_name, value),) = attribute.items()
        parts += [_sized(name.encode()), struct.pack(">H", KEY_TYPES[type_name])]
        parts += [_sized(_key_bytes(type_name, value))]
    parts += [struct.pack(">I", len(path))]
    parts += [b"\x01" if isinstance(step, int) else b"\x00" + _sized(step.encode()) for step in path]
    return hashlib.sha256(b"".join(parts)).digest()


def _key_bytes(type_name: str, value: Any) -> bytes:
    if type_name == "B":
        return bytes(value)
    return (normalize_number(value) if type_name == "N" else value).encode()


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


# The content


def parse_content(content: bytes, expected_location: bytes) -> AttributeValue:
    if content[:1] != b"\x01":
        raise Refused("unsupported-version", "another version of the format, or no content")
    cursor = Cursor(content[1:], "malformed-value")
    if not hmac.compare_digest(cursor.take(32), expected_location):
        raise Refused("wrong-location", "sealed for another item or attribute")
    return parse_value(cursor.u16(), cursor.take(cursor.left))


def parse_value(type_id: int, data: bytes, depth: int = 0) -> AttributeValue:
    """The value of all of `data`; `depth` counts the maps and lists around it."""
    cursor = Cursor(data, "malformed-value")
    if type_id == NULL:
        value: AttributeValue = {"NULL": True}
    elif type_id == S:
        value = {"S": _text(cursor.take(cursor.left))}
    elif type_id == N:
        value = {"N": _number(cursor.take(cursor.left))}
    elif type_id == B:
        value = {"B": cursor.take(cursor.left)}
    elif type_id == BOOL:
        value = {"BOOL": _boolean(cursor.u8())}
    elif type_id == SS:
        value = {"SS": _members(cursor, _text, _utf16)}
    elif type_id == NS:
        value = {"NS": _members(cursor, _number, _utf16)}
    elif type_id == BS:
        value = {"BS": _members(cursor, bytes, bytes)}
    elif type_id == M:
        value = {"M": _entries(cursor, depth + 1)}
    elif type_id == L:
        value = {"L": _elements(cursor, depth + 1)}
    else:
        raise cursor.refuse(f"type id {type_id:04x}")
    cursor.end()
    return value


def _members(cursor: Cursor, decode: Callable[[bytes], Any], order: Callable[[Any], bytes]) -> list[Any]:
    members: list[Any] = []
    for _ in range(cursor.u32()):
        member = decode(cursor.take(cursor.u32()))
        if members and order(members[-1]) >= order(member):
            raise cursor.refuse("members of a set twice or in another order")
        members.append(member)
    if not members:
        raise cursor.refuse("an empty set")
    return members


def _entries(cursor: Cursor, depth: int) -> dict[str, AttributeValue]:
    _check_depth(cursor, depth)
    entries: dict[str, AttributeValue] = {}
    previous = b""  # Less than every key, since no key is empty.
    for _ in range(cursor.u32()):
        if cursor.u16() != S:
            raise cursor.refuse("a map key that is no string")
        key = _text(cursor.take(cursor.u32()))
        if previous >= _utf16(key):
            raise cursor.refuse("keys of a map empty, twice or in another order")
        previous = _utf16(key)
        entries[key] = parse_value(cursor.u16(), cursor.take(cursor.u32()), depth)
    return entries


def _elements(cursor: Cursor, depth: int) -> list[AttributeValue]:
    _check_depth(cursor, depth)
    return [parse_value(cursor.u16(), cursor.take(cursor.u32()), depth) for _ in range(cursor.u32())]


def _check_depth(cursor: Cursor, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise cursor.refuse(f"maps and lists nest deeper than {MAX_DEPTH}")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")  # Python refuses surrogates and overlong forms.
    except UnicodeDecodeError:
        # The original error holds the bytes.
        raise Refused("malformed-value", "invalid UTF-8") from None


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be")


def _boolean(byte: int) -> bool:
    if byte > 1:
        raise Refused("malformed-value", "a boolean that is neither 00 nor 01")
    return byte == 1


def _number(data: bytes) -> str:
    text = _text(data)
    try:
        canonical = normalize_number(text) == text
    except ValueError:
        canonical = False
    if not canonical:
        raise Refused("malformed-value", "a number that is not normalized")
    return text


_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
#: 38 significant digits, magnitudes from 1E-130 to below 1E+126; what does not fit is an error.
_RANGE = Context(
    prec=38, Emin=-130, Emax=125, traps=[Inexact, InvalidOperation, Overflow, Subnormal, Underflow]
)


def normalize_number(text: str) -> str:
    """What DynamoDB makes of a number; ValueError if it would not take it."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("not a number")
    try:
        number = _RANGE.create_decimal(text)
        return format(number.normalize(_RANGE), "f") if number else "0"
    except DecimalException:
        raise ValueError("a number that DynamoDB does not take") from None
