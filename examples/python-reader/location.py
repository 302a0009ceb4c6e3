"""The canonical location of docs/format.md."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from parts import AttributeValue, Path
from values import B, N, S, normalize_number

KEY_TYPES = {"S": S, "N": N, "B": B}


def item_location(table: str, key: Mapping[str, AttributeValue]) -> bytes:
    """`key` has the item's one or two key attributes."""
    if not 1 <= len(key) <= 2:
        raise ValueError("a key has one or two attributes")
    parts = [b"dynaseal:location:v1", _sized(table.encode()), struct.pack(">I", len(key))]
    for name, attribute in sorted(key.items(), key=lambda entry: entry[0].encode()):
        ((type_name, value),) = attribute.items()
        parts += [_sized(name.encode()), struct.pack(">H", KEY_TYPES[type_name])]
        parts += [_sized(_key_bytes(type_name, value))]
    return b"".join(parts)


def canonical_path(path: Path) -> bytes:
    steps = [b"\x01" if isinstance(step, int) else b"\x00" + _sized(step.encode()) for step in path]
    return struct.pack(">I", len(path)) + b"".join(steps)


def _key_bytes(type_name: str, value: Any) -> bytes:
    if type_name == "B":
        return bytes(value)
    return (normalize_number(value) if type_name == "N" else value).encode()


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
