"""Data keys, from the master key providers of the AWS Encryption SDK for Python.

Those do what the keyrings of other AWS Encryption SDKs do, and need no newer Python than this program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from aws_encryption_sdk import CommitmentPolicy
from aws_encryption_sdk.caches.local import LocalCryptoMaterialsCache
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.identifiers import Algorithm
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from aws_encryption_sdk.key_providers.kms import MRKAwareKMSMasterKey, MRKAwareKMSMasterKeyConfig
from aws_encryption_sdk.materials_managers import DecryptionMaterialsRequest
from aws_encryption_sdk.materials_managers.base import CryptoMaterialsManager
from aws_encryption_sdk.materials_managers.caching import CachingCryptoMaterialsManager
from aws_encryption_sdk.structures import EncryptedDataKey as SdkEncryptedDataKey
from aws_encryption_sdk.structures import MasterKeyInfo
from botocore.exceptions import BotoCoreError
from cryptography.exceptions import InvalidTag

from parts import EncryptedDataKey, Refused

#: Seconds and number of data keys for which a decrypted data key is kept in memory.
CACHE_AGE, CACHE_SIZE = 300.0, 1000

COMMITMENT = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT


class DataKeys(CryptoMaterialsManager):
    """Decrypts data keys, remembers them, and tells "no data key" from "not authentic"."""

    def __init__(self, keys: MasterKeyProvider) -> None:
        self._inner = CachingCryptoMaterialsManager(
            master_key_provider=keys, cache=LocalCryptoMaterialsCache(CACHE_SIZE), max_age=CACHE_AGE
        )

    def get_encryption_materials(self, request: Any) -> Any:
        raise NotImplementedError("this program only reads")

    def decrypt_materials(self, request: DecryptionMaterialsRequest) -> Any:
        """What the SDK asks for when it decrypts a message."""
        try:
            return self._inner.decrypt_materials(request)
        except (AWSEncryptionSDKClientError, BotoCoreError, InvalidTag) as error:
            raise Refused("key-unavailable", "no data key from the key provider") from error

    def first(self, encrypted_data_keys: Sequence[EncryptedDataKey], context: Mapping[str, str]) -> bytes:
        """The data key of the first of an envelope's encrypted data keys that can be decrypted to 32 bytes.

        Of each wrapping key it tries one, so that who writes many of them makes no more calls.
        """
        reason: Optional[Exception] = None
        tried = set()
        for provider_id, information, ciphertext in encrypted_data_keys:
            if (provider_id, information) in tried:
                continue
            tried.add((provider_id, information))
            try:
                # The SDK's provider ids are text; what is none is another keyring's.
                provider = MasterKeyInfo(provider_id=provider_id.decode(), key_info=information)
                request = DecryptionMaterialsRequest(
                    # A suite with a data key of 32 bytes and without a signature.
                    algorithm=Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
                    # One by one: the SDK takes them as a set, which has no order.
                    encrypted_data_keys={SdkEncryptedDataKey(provider, ciphertext)},
                    encryption_context=dict(context),
                    commitment_policy=COMMITMENT,
                )
                return self.decrypt_materials(request).data_key.data_key
            except (Refused, UnicodeDecodeError) as error:
                reason = error
        raise Refused("key-unavailable", "no data key from the key provider") from reason


def kms_replica(kms: Any, key_arn: str) -> MasterKeyProvider:
    """The replica of a multi-Region key in the region of `kms`, a boto3 client."""
    return MRKAwareKMSMasterKey(config=MRKAwareKMSMasterKeyConfig(key_id=key_arn, client=kms))
