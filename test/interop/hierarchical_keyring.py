"""The hierarchical keyring and the key store of the AWS Cryptographic Material Providers Library, unmodified, in one
region: python hierarchical_keyring.py REQUEST, in JSON; prints the answer, in JSON."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import aws_encryption_sdk
import boto3
from aws_cryptographic_material_providers.keystore.client import KeyStore
from aws_cryptographic_material_providers.keystore.config import KeyStoreConfig
from aws_cryptographic_material_providers.keystore.models import (
    CreateKeyInput,
    KMSConfigurationKmsMRKeyArn,
    VersionKeyInput,
)
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsHierarchicalKeyringInput

request: dict[str, Any] = json.loads(sys.argv[1])
session = boto3.session.Session(region_name=request["region"])
branch_key_id: str = request["branchKeyId"]


def key_store() -> KeyStore:
    return KeyStore(
        config=KeyStoreConfig(
            ddb_client=session.client("dynamodb", endpoint_url=request["endpoint"]),
            ddb_table_name=request["table"],
            logical_key_store_name=request["logicalName"],
            kms_client=session.client("kms", endpoint_url=request["endpoint"]),
            kms_configuration=KMSConfigurationKmsMRKeyArn(value=request["keyArn"]),
        )
    )


def keyring() -> Any:
    providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
    return providers.create_aws_kms_hierarchical_keyring(
        CreateAwsKmsHierarchicalKeyringInput(
            key_store=key_store(), branch_key_id=branch_key_id, ttl_seconds=60
        )
    )


def answer() -> Any:
    client = aws_encryption_sdk.EncryptionSDKClient()
    if request["action"] == "create":
        key_store().create_key(
            CreateKeyInput(branch_key_identifier=branch_key_id, encryption_context=request["context"])
        )
        return branch_key_id
    if request["action"] == "rotate":
        key_store().version_key(VersionKeyInput(branch_key_identifier=branch_key_id))
        return branch_key_id
    if request["action"] == "encrypt":
        messages = []
        for plaintext in request["plaintexts"]:
            ciphertext, _ = client.encrypt(
                source=plaintext.encode(), keyring=keyring(), encryption_context=request["context"]
            )
            messages.append(base64.b64encode(ciphertext).decode())
        return messages
    plaintexts = []
    for message in request["messages"]:
        plaintext, _ = client.decrypt(source=base64.b64decode(message), keyring=keyring())
        plaintexts.append(plaintext.decode())
    return plaintexts


print(json.dumps(answer()))
