"""Checks the reader with test/vectors: python check_vectors.py [FOLDER]"""

from __future__ import annotations

import base64
import json
import logging
import pathlib
import struct
import sys
from collections.abc import Iterator
from typing import Any, Optional, Union

from aws_encryption_sdk.exceptions import DecryptKeyError
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from aws_encryption_sdk.key_providers.raw import RawMasterKey

from field_reader import FieldReader
from parts import AttributeValue, Refused
from search import Tokens, unwrap
from values import normalize_number

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "test" / "vectors"
Vector = dict[str, Any]


def main() -> int:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    logging.getLogger("aws_encryption_sdk").addHandler(logging.NullHandler())
    results = [*messages(folder), *items(folder / "envelope"), *searches(folder / "search")]
    failures = [result for result in results if result]
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(results) - len(failures)} vectors as they should be, {len(failures)} not")
    return 1 if failures else 0


# Format 1


def messages(folder: pathlib.Path) -> Iterator[str]:
    """For each vector what is wrong, empty if nothing is."""
    positive, negative = load(folder / "positive.json"), load(folder / "negative.json")
    first, *others = [raw_key(description) for description in positive["wrappingKeys"]]
    for vector in positive["vectors"]:
        yield wrong_opening(first, vector)
    for vector in negative["vectors"]:
        yield wrong_refusal(first, vector, vector["error"])
    # The first one is sealed for the first key alone.
    for key in others:
        yield wrong_refusal(key, positive["vectors"][0], "key-unavailable")


def wrong_opening(provider: MasterKeyProvider, vector: Vector) -> str:
    """Empty if the message opens to the content and the value that the vector has."""
    reader = FieldReader(provider, vector["table"], vector["encryptionContext"])
    message = message_of(vector)
    try:
        content = reader.decrypt(message)
        value = reader.open(message, attributes(vector["key"]), vector["path"])
    except Refused as refusal:
        return f"{vector['name']}: {refusal}"
    if content != base64.b64decode(vector["content"]):
        return f"{vector['name']}: another content"
    if value != attribute(vector["value"]):
        return f"{vector['name']}: another value"
    for spelling in vector["spellings"]:
        if "N" in spelling and normalize_number(spelling["N"]) != value["N"]:
            return f"{vector['name']}: {spelling['N']} is normalized otherwise"
    return ""


def wrong_refusal(provider: MasterKeyProvider, vector: Vector, code: str) -> str:
    """Empty if the message is refused with this code."""
    reader = FieldReader(provider, vector["table"], vector["encryptionContext"])
    try:
        reader.open(message_of(vector), attributes(vector["key"]), vector["path"])
    except Refused as refusal:
        return "" if refusal.code == code else f"{vector['name']}: {refusal}, but expected {code}"
    return f"{vector['name']}: opened, but expected {code}"


def message_of(vector: Vector) -> bytes:
    """The stored bytes; a long message is written down as its two ends around zeros."""
    message = vector["message"]
    if isinstance(message, str):
        return base64.b64decode(message)
    return base64.b64decode(message["prefix"]) + bytes(message["zeros"]) + base64.b64decode(message["suffix"])


# Format 2


def items(folder: pathlib.Path) -> Iterator[str]:
    """For each field what is wrong, empty if nothing is."""
    positive, negative = load(folder / "positive.json"), load(folder / "negative.json")
    first = raw_key(positive["wrappingKeys"][0])
    for item in positive["items"] + negative["items"]:
        envelope = None if item["envelope"] is None else stored_bytes(item["envelope"])
        for field in item["fields"]:
            yield wrong_field(first, item, field, stored_bytes(field["field"]), envelope)
    for change in negative["changes"]:
        yield from changed(first, change)


def changed(provider: MasterKeyProvider, change: Vector) -> Iterator[str]:
    """The base opens, and nothing that is made of it."""
    base = {"field": bytes.fromhex(change["field"])}
    if change["envelope"] is not None:
        base["envelope"] = bytes.fromhex(change["envelope"])

    def result(expected: Vector, what: str, **replaced: bytes) -> str:
        parts = {**base, **replaced}
        name = f"{change['name']}{what}"
        return wrong_field(
            provider, {**change, "name": name}, expected, parts["field"], parts.get("envelope")
        )

    yield result({"path": change["path"], "value": change["value"]}, "")
    for range_ in change["flipped"]:
        target, original = range_["target"], base[range_["target"]]
        for at in range(range_["from"], range_["to"]):
            for xor in range_["xor"]:
                bytes_ = original[:at] + bytes([original[at] ^ xor]) + original[at + 1 :]
                expected = {"path": change["path"], "error": range_["error"]}
                yield result(expected, f": byte {at} of the {target} xor {xor:02x}", **{target: bytes_})
    for cut in change["cut"]:
        target = cut["target"]
        for length in range(cut["from"], cut["to"]):
            expected = {"path": change["path"], "error": cut["error"]}
            yield result(expected, f": {target} cut to {length}", **{target: base[target][:length]})
    for appended in change["appended"]:
        target = appended["target"]
        bytes_ = base[target] + bytes.fromhex(appended["bytes"])
        yield result({"path": change["path"], "error": appended["error"]}, ": appended", **{target: bytes_})


def wrong_field(
    provider: MasterKeyProvider, item: Vector, expected: Vector, field: bytes, envelope: Optional[bytes]
) -> str:
    """Empty if the field opens to the value, or is refused with the error, that is expected."""
    name = f"{item['name']}, {expected['path']}"
    reader = FieldReader(provider, item["table"], item["encryptionContext"])
    try:
        value = reader.open(field, attributes(item["key"]), expected["path"], envelope)
    except Refused as refusal:
        code = expected.get("error")
        return "" if refusal.code == code else f"{name}: {refusal}, but expected {code or 'its value'}"
    if "error" in expected:
        return f"{name}: opened, but expected {expected['error']}"
    return "" if value == attribute(expected["value"]) else f"{name}: another value"


def stored_bytes(written: Union[str, list[Union[str, int]]]) -> bytes:
    """Hexadecimal; of what has many zeros a list of such text and of numbers of zero bytes."""
    parts = written if isinstance(written, list) else [written]
    return b"".join(bytes(part) if isinstance(part, int) else bytes.fromhex(part) for part in parts)


# Search tokens


def searches(folder: pathlib.Path) -> Iterator[str]:
    """For each search key, token and check of one what is wrong, empty if nothing is."""
    positive, negative = load(folder / "positive.json"), load(folder / "negative.json")
    first = raw_key(positive["wrappingKeys"][0])
    keys = {}
    for vector in positive["searchKeys"]:
        key = unwrap(first, bytes.fromhex(vector["bytes"]), vector["encryptionContext"])
        keys[vector["name"]] = key
        fine = key.version == vector["version"] and key.root.hex() == vector["root"]
        yield "" if fine else f"{vector['name']}: another version or root"
    for vector in positive["tokens"]:
        tokens, key, values = tokens_of(vector), keys[vector["searchKey"]], values_of(vector)
        made = {
            "scope": tokens.scope.hex(),
            "tokenKey": tokens.token_key(key).hex(),
            "message": tokens.message(values).hex(),
            "token": tokens.token(key, values),
        }
        yield "".join(f"{vector['name']}: another {part}. " for part in made if made[part] != vector[part])
    for vector in positive["members"]:
        made = tokens_of(vector).of_members(keys[vector["searchKey"]], *values_of(vector))
        yield "" if made == vector["tokens"] else f"{vector['name']}: other tokens"
    for vector in positive["fits"] + negative["misfits"]:
        held = {keys[name].version: keys[name] for name in vector["searchKeys"]}
        yield wrong_fit(held, vector)
    for vector in negative["values"]:
        yield wrong_value(keys[vector["searchKey"]], vector)
    for vector in negative["searchKeys"]:
        yield wrong_key(first, vector, bytes.fromhex(vector["bytes"]), vector["error"])
    for change in negative["changes"]:
        good = bytes.fromhex(change["bytes"])
        yield wrong_key(first, change, good, "")
        for changed_, error in variants(good, change):
            yield wrong_key(first, change, changed_, error)


def variants(good: bytes, change: Vector) -> Iterator[tuple[bytes, str]]:
    """Each byte changed, each length, something behind; and the error of each."""
    for range_ in change["flipped"]:
        for at in range(range_["from"], range_["to"]):
            for xor in range_["xor"]:
                yield good[:at] + bytes([good[at] ^ xor]) + good[at + 1 :], range_["error"]
    for cut in change["cut"]:
        for length in range(cut["from"], cut["to"]):
            yield good[:length], cut["error"]
    for appended in change["appended"]:
        yield good + bytes.fromhex(appended["bytes"]), appended["error"]


def wrong_key(provider: MasterKeyProvider, vector: Vector, stored: bytes, code: str) -> str:
    """Empty if the search key is refused with this code, or usable where there is none."""
    try:
        unwrap(provider, stored, vector["encryptionContext"])
    except Refused as refusal:
        return "" if refusal.code == code else f"{vector['name']}: {refusal}, but expected {code or 'none'}"
    return f"{vector['name']}: usable, but expected {code}" if code else ""


def wrong_value(key: Any, vector: Vector) -> str:
    tokens, values = tokens_of(vector), values_of(vector)
    try:
        tokens.of_members(key, *values) if vector["members"] else tokens.token(key, values)
    except Refused as refusal:
        return "" if refusal.code == vector["error"] else f"{vector['name']}: {refusal}"
    return f"{vector['name']}: has a token"


def wrong_fit(held: dict[int, Any], vector: Vector) -> str:
    try:
        versions = tokens_of(vector).fit(held, values_of(vector), vector["stored"], vector["members"])
    except Refused as refusal:
        code = vector.get("error")
        return "" if refusal.code == code else f"{vector['name']}: {refusal}, but expected {code}"
    return "" if versions == vector.get("versions") else f"{vector['name']}: fits under {versions}"


def tokens_of(vector: Vector) -> Tokens:
    parts = vector["of"]
    return Tokens(
        [part["path"] for part in parts],
        vector["table"],
        vector["tenant"],
        [part["normalize"] for part in parts],
        vector["bits"],
    )


def values_of(vector: Vector) -> list[AttributeValue]:
    return [attribute(value) for value in vector["values"]]


# All


def load(file: pathlib.Path) -> Vector:
    return json.loads(file.read_text("utf-8"))


class StrictRawMasterKey(RawMasterKey):
    """Compares, as the specification of raw AES keyrings demands, the whole tag length; RawMasterKey rounds it."""

    def _decrypt_data_key(self, encrypted_data_key: Any, *args: Any, **kwargs: Any) -> Any:
        information = encrypted_data_key.key_provider.key_info[len(self.key_id) :]
        if information[:8] != struct.pack(">II", 128, 12):
            raise DecryptKeyError("another tag or IV length")
        return super()._decrypt_data_key(encrypted_data_key, *args, **kwargs)


def raw_key(description: dict[str, str]) -> MasterKeyProvider:
    return StrictRawMasterKey(
        provider_id=description["namespace"],
        key_id=description["name"],
        wrapping_key=WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=bytes.fromhex(description["key"]),
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        ),
    )


def attributes(values: dict[str, Any]) -> dict[str, AttributeValue]:
    return {name: attribute(value) for name, value in values.items()}


def attribute(json_value: dict[str, Any]) -> AttributeValue:
    """DynamoDB's JSON as boto3 has it: binaries are bytes."""
    ((type_name, value),) = json_value.items()
    if type_name == "B":
        return {"B": base64.b64decode(value)}
    if type_name == "BS":
        return {"BS": [base64.b64decode(member) for member in value]}
    if type_name == "L":
        return {"L": [attribute(element) for element in value]}
    if type_name == "M":
        return {"M": attributes(value)}
    return {type_name: value}


if __name__ == "__main__":
    sys.exit(main())
