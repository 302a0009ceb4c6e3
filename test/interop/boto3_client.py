"""boto3, unmodified, as a client of the local cloud's KMS and DynamoDB: python boto3_client.py ENDPOINT"""

from __future__ import annotations

import sys
import urllib.request
from typing import Any

import boto3
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
EAST, WEST = "us-east-1", "us-west-2"
CONTEXT = {"tenant": "acme"}


def client(service: str, region: str) -> Any:
    return boto3.session.Session(region_name=region).client(service, endpoint_url=ENDPOINT)


def check(name: str, passed: bool) -> None:
    print(f"{'ok ' if passed else 'not ok '} {name}")


def kms() -> None:
    east, west = client("kms", EAST), client("kms", WEST)
    key = east.create_key(MultiRegion=True, Description="boto3")["KeyMetadata"]
    check(
        "KMS CreateKey: a multi-Region primary",
        key["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY",
    )

    replica = east.replicate_key(KeyId=key["KeyId"], ReplicaRegion=WEST)["ReplicaKeyMetadata"]
    check(
        "KMS ReplicateKey: the same id in the other region", replica["Arn"] == key["Arn"].replace(EAST, WEST)
    )

    data_key = east.generate_data_key(KeyId=key["Arn"], KeySpec="AES_256", EncryptionContext=CONTEXT)
    check("KMS GenerateDataKey: 32 bytes", len(data_key["Plaintext"]) == 32)

    opened = west.decrypt(
        CiphertextBlob=data_key["CiphertextBlob"], KeyId=replica["Arn"], EncryptionContext=CONTEXT
    )
    check(
        "KMS Decrypt: by the replica in the other region",
        opened["Plaintext"] == data_key["Plaintext"] and opened["KeyId"] == replica["Arn"],
    )
    try:
        west.decrypt(CiphertextBlob=data_key["CiphertextBlob"], KeyId=replica["Arn"])
        check("KMS Decrypt: refused without the encryption context", False)
    except west.exceptions.InvalidCiphertextException:
        check("KMS Decrypt: refused without the encryption context", True)


def dynamodb() -> None:
    east, west = client("dynamodb", EAST), client("dynamodb", WEST)
    table = "boto3-items"
    east.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    east.get_waiter("table_exists").wait(TableName=table)
    east.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    west.get_waiter("table_exists").wait(TableName=table)
    replicas = east.describe_table(TableName=table)["Table"]["Replicas"]
    check("DynamoDB UpdateTable: a global table", WEST in [replica["RegionName"] for replica in replicas])

    item = {
        "id": {"S": "1"},
        "s": {"S": "Zürich 🗝"},
        "n": {"N": "-0.5"},
        "b": {"B": b"\x00\xff"},
        "bool": {"BOOL": True},
        "null": {"NULL": True},
        "bs": {"BS": [b"\x01"]},
        "ss": {"SS": ["a"]},
        "ns": {"NS": ["1"]},
        "l": {"L": [{"S": "x"}, {"M": {"y": {"N": "1"}}}]},
    }
    east.put_item(TableName=table, Item=item)
    check("DynamoDB PutItem, GetItem: every type", read(east, table) == item)
    replicated()
    check("DynamoDB GetItem: replicated to the other region", read(west, table) == item)
    try:
        west.put_item(
            TableName=table, Item={"id": {"S": "1"}}, ConditionExpression="attribute_not_exists(id)"
        )
        check("DynamoDB PutItem: a condition that fails is a ClientError", False)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        check(
            "DynamoDB PutItem: a condition that fails is a ClientError",
            code == "ConditionalCheckFailedException",
        )


def read(dynamo: Any, table: str) -> Any:
    return dynamo.get_item(TableName=table, Key={"id": {"S": "1"}}, ConsistentRead=True)["Item"]


def replicated() -> None:
    request = urllib.request.Request(f"{ENDPOINT}/_local/replication/wait", method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        response.read()


kms()
dynamodb()
