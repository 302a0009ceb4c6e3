"""The values of docs/format.md: of type id and bytes an AttributeValue, if they are canonical."""

from __future__ import annotations

import re
from decimal import Context, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal, Underflow
from typing import Any, Callable

from parts import AttributeValue, Cursor, Refused

MAX_DEPTH = 32

NULL, S, N, BOOL, SS, NS, BS, M, L, B = (
    0x0000, 0x0001, 0x0002, 0x0004, 0x0101, 0x0102, 0x01FF, 0x0200, 0x0300, 0xFFFF,
)  # fmt: skip


def take_value(cursor: Cursor) -> AttributeValue:
    """Type id and value, to the last byte."""
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
