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

from field_reader import FieldReader
from keys import kms_replica
from parts import AttributeValue, Path, Refused


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
    reader: FieldReader,
    item: Mapping[str, AttributeValue],
    key_names: list[str],
    paths: list[Path],
    envelope_name: str = "dynaseal",
) -> Iterator[tuple[Path, Union[AttributeValue, Refused, None]]]:
    """For each path the value, why it was refused, or None if nothing is stored there."""
    key = {name: item[name] for name in key_names}
    envelope = item.get(envelope_name)
    # An attribute that is no Binary is no envelope either.
    envelope_bytes = None if envelope is None else envelope.get("B", b"")
    for path in paths:
        stored = find(item, path)
        if stored is None:
            yield path, None
            continue
        try:
            if "B" not in stored:
                raise Refused("not-a-message", "a value in clear where ciphertext belongs")
            yield path, reader.open(stored["B"], key, path, envelope_bytes)
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
    for path, result in read_fields(reader, item, list(args.key), args.field, args.envelope):
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
    parser.add_argument(
        "--envelope", default="dynaseal", metavar="NAME", help="the attribute that has an item's envelope"
    )
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
