"""Reads fields that Dynaseal sealed, in any region that has a replica of the key.

    python reader.py --region us-west-2 --kms-key arn:aws:kms:us-west-2:111122223333:key/mrk-... \\
        --table users --key '{"id": {"S": "u1"}}' ssn '["cards", 0, "number"]'
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Optional, Union

import boto3
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.caches.local import LocalCryptoMaterialsCache
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from aws_encryption_sdk.key_providers.kms import MRKAwareKMSMasterKey, MRKAwareKMSMasterKeyConfig
from aws_encryption_sdk.materials_managers import DecryptionMaterialsRequest
from aws_encryption_sdk.materials_managers.base import CryptoMaterialsManager
from aws_encryption_sdk.materials_managers.caching import CachingCryptoMaterialsManager
from botocore.exceptions import BotoCoreError
from cryptography.exceptions import InvalidTag

from field_format import (
    MAX_ENCRYPTED_DATA_KEYS,
    AttributeValue,
    Path,
    Refused,
    check_message,
    expected_context,
    location,
    parse_content,
)

#: Seconds and number of data keys for which a decrypted data key is kept in memory.
CACHE_AGE, CACHE_SIZE = 300.0, 1000


class FieldReader:
    """Opens the fields of one table. `table` is the logical name, `context` what the application adds."""

    def __init__(self, keys: MasterKeyProvider, table: str, context: Mapping[str, str]) -> None:
        self._materials = _Materials(keys)
        self._sdk = EncryptionSDKClient(
            commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
            max_encrypted_data_keys=MAX_ENCRYPTED_DATA_KEYS,
        )
        self._table = table
        self._context = expected_context(table, context)

    def open(self, message: bytes, key: Mapping[str, AttributeValue], path: Path) -> AttributeValue:
        """The value that was sealed for this place; Refused if it was not, or was changed since."""
        return parse_content(self.decrypt(message), location(self._table, key, path))

    def decrypt(self, message: bytes) -> bytes:
        """The content of a message, not yet compared with the place where it was found."""
        check_message(message, self._context)
        try:
            content, _header = self._sdk.decrypt(source=message, materials_manager=self._materials)
        except (AWSEncryptionSDKClientError, InvalidTag) as error:
            # The data key was found and the parts add up: what is left are the commitment and the tags.
            raise Refused("not-authentic", "changed after it was sealed") from error
        return bytes(content)


class _Materials(CryptoMaterialsManager):
    """Decrypts data keys, remembers them, and tells "no data key" from "not authentic"."""

    def __init__(self, keys: MasterKeyProvider) -> None:
        self._inner = CachingCryptoMaterialsManager(
            master_key_provider=keys, cache=LocalCryptoMaterialsCache(CACHE_SIZE), max_age=CACHE_AGE
        )

    def get_encryption_materials(self, request: Any) -> Any:
        raise NotImplementedError("this program only reads")

    def decrypt_materials(self, request: DecryptionMaterialsRequest) -> Any:
        try:
            return self._inner.decrypt_materials(request)
        except (AWSEncryptionSDKClientError, BotoCoreError, InvalidTag) as error:
            raise Refused("key-unavailable", "no data key from the key provider") from error


def kms_replica(kms: Any, key_arn: str) -> MasterKeyProvider:
    """The replica of a multi-Region key in the region of `kms`, a boto3 client."""
    return MRKAwareKMSMasterKey(config=MRKAwareKMSMasterKeyConfig(key_id=key_arn, client=kms))


def find(item: Mapping[str, AttributeValue], path: Path) -> Optional[AttributeValue]:
    """The stored attribute at `path`, or None if there is none."""
    at: AttributeValue = {"M": item}
    for step in path:
        inside = dict(enumerate(at.get("L", []))) if isinstance(step, int) else at.get("M", {})
        if step not in inside:
            return None
        at = inside[step]
    return at


def read_fields(
    reader: FieldReader, item: Mapping[str, AttributeValue], key_names: list[str], paths: list[Path]
) -> Iterator[tuple[Path, Union[AttributeValue, Refused, None]]]:
    """For each path the value, why it was refused, or None if nothing is stored there."""
    key = {name: item[name] for name in key_names}
    for path in paths:
        stored = find(item, path)
        if stored is None:
            yield path, None
            continue
        try:
            if "B" not in stored:
                raise Refused("not-a-message", "a value in clear where ciphertext belongs")
            yield path, reader.open(bytes(stored["B"]), key, path)
        except Refused as refusal:
            yield path, refusal


# The command


def main() -> int:
    args = _parser().parse_args()
    # Refusals are part of the answer; the SDK would log each of them with its stack.
    logging.getLogger("aws_encryption_sdk").addHandler(logging.NullHandler())
    session = boto3.session.Session(region_name=args.region)
    dynamodb = session.client("dynamodb", endpoint_url=args.endpoint_url)
    kms = session.client("kms", endpoint_url=args.endpoint_url)

    item = dynamodb.get_item(TableName=args.table, Key=args.key, ConsistentRead=True).get("Item")
    if item is None:
        print("no such item", file=sys.stderr)
        return 2
    reader = FieldReader(kms_replica(kms, args.kms_key), args.logical_table or args.table, dict(args.context))
    refused = False
    for path, result in read_fields(reader, item, list(args.key), args.field):
        line: dict[str, Any] = {"path": path}
        if isinstance(result, Refused):
            refused = True
            line["error"] = result.code
        else:
            line["value"] = result
        print(json.dumps(line, ensure_ascii=False, default=_base64))
    return 1 if refused else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Reads what Dynaseal sealed. Prints a line of JSON for each field, binaries in base64.",
        epilog="Exit code 0: all are opened. 1: some are refused. 2: no such item, or wrong arguments.",
    )
    parser.add_argument("--region", required=True, help="where to read: of the table and of the key")
    parser.add_argument("--kms-key", required=True, help="ARN of the key's replica in that region")
    parser.add_argument("--table", required=True, help="the table's name there")
    parser.add_argument("--logical-table", help="the name the fields are bound to, if it is another")
    parser.add_argument("--key", required=True, type=_key, help="the item's key in DynamoDB's JSON")
    parser.add_argument(
        "--context", action="append", default=[], type=_pair, metavar="KEY=VALUE",
        help="a pair that the application adds to the encryption context; repeat for more",
    )  # fmt: skip
    parser.add_argument("--endpoint-url", help="instead of AWS, for example a local cloud")
    parser.add_argument(
        "field", nargs="+", type=_path, help='an attribute\'s name, or a path in JSON: ["cards", 0, "number"]'
    )
    return parser


def _key(text: str) -> dict[str, AttributeValue]:
    return {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value
        for name, value in json.loads(text).items()
    }


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError("expected KEY=VALUE")
    return key, value


def _path(text: str) -> Path:
    return json.loads(text) if text.startswith("[") else [text]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


if __name__ == "__main__":
    sys.exit(main())
