"""What both formats of docs/format.md share, but locations and values: context and encrypted data keys.

AttributeValues have the form that boto3's low-level client gives them: {"S": "text"}, {"B": b"bytes"}.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Union

AttributeValue = dict[str, Any]
#: Attribute names and map keys are strings, list positions integers.
Path = Sequence[Union[str, int]]

#: Bytes of a field, and of an envelope attribute.
MAX_FIELD = 524_288
MAX_ENCRYPTED_DATA_KEYS = 32
TAG = 16


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
    def offset(self) -> int:
        return self._offset

    def since(self, offset: int) -> bytes:
        """What was taken since."""
        return self._data[offset : self._offset]

    @property
    def left(self) -> int:
        return len(self._data) - self._offset

    def end(self) -> None:
        if self.left > 0:
            raise self.refuse(f"{self.left} bytes too many")

    def refuse(self, message: str) -> Refused:
        return Refused(self._code, message)


def serialize_context(pairs: Mapping[str, str]) -> bytes:
    """Without the length in front of it, as raw AES keyrings and messages have it."""
    encoded = sorted((key.encode(), value.encode()) for key, value in pairs.items())
    return struct.pack(">H", len(encoded)) + b"".join(
        struct.pack(">H", len(part)) + part for pair in encoded for part in pair
    )


def expected_context(table: str, added: Mapping[str, str]) -> dict[str, str]:
    for key in added:
        if key.startswith(("aws-crypto-", "aws:", "dynaseal:")):
            raise ValueError(f"{key} cannot be added to an encryption context")
    return {**added, "dynaseal:table": table}


class EncryptedDataKey(NamedTuple):
    provider_id: bytes
    provider_information: bytes
    ciphertext: bytes


def take_encrypted_data_keys(cursor: Cursor) -> list[EncryptedDataKey]:
    count = cursor.u16()
    if not 1 <= count <= MAX_ENCRYPTED_DATA_KEYS:
        raise cursor.refuse(f"{count} encrypted data keys")
    keys = []
    for _ in range(count):
        key = EncryptedDataKey(*(cursor.take(cursor.u16()) for _ in range(3)))
        if not all(key):
            raise cursor.refuse("a part of an encrypted data key is empty")
        keys.append(key)
    return keys
