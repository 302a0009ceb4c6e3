"""Checks the reader with test/vectors: python check_vectors.py [FOLDER]"""

from __future__ import annotations

import base64
import json
import logging
import pathlib
import sys
from typing import Any

from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from aws_encryption_sdk.key_providers.raw import RawMasterKey

from field_format import AttributeValue, Refused, normalize_number
from reader import FieldReader

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "test" / "vectors"
Vector = dict[str, Any]


def main() -> int:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    logging.getLogger("aws_encryption_sdk").addHandler(logging.NullHandler())
    positive = json.loads((folder / "positive.json").read_text("utf-8"))
    negative = json.loads((folder / "negative.json").read_text("utf-8"))
    first, *others = [raw_key(description) for description in positive["wrappingKeys"]]

    failures = [wrong_opening(first, vector) for vector in positive["vectors"]]
    failures += [wrong_refusal(first, vector, vector["error"]) for vector in negative["vectors"]]
    # The first one is sealed for the first key alone.
    failures += [wrong_refusal(key, positive["vectors"][0], "key-unavailable") for key in others]

    found = [failure for failure in failures if failure]
    for failure in found:
        print(f"FAILED: {failure}")
    print(f"{len(failures) - len(found)} vectors as they should be, {len(found)} not")
    return 1 if found or not positive["vectors"] or not negative["vectors"] else 0


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


def raw_key(description: dict[str, str]) -> MasterKeyProvider:
    return RawMasterKey(
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
