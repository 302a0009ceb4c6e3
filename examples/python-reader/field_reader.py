"""Opens fields of both formats of docs/format.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

from aws_encryption_sdk import EncryptionSDKClient
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from cryptography.exceptions import InvalidTag

from envelope import MAGIC, open_field, parse_field
from keys import COMMITMENT, DataKeys
from message import check_message, location, parse_content
from parts import MAX_ENCRYPTED_DATA_KEYS, AttributeValue, Path, Refused, expected_context


class FieldReader:
    """Opens the fields of one table. `table` is the logical name, `context` what the application adds."""

    def __init__(self, keys: MasterKeyProvider, table: str, context: Mapping[str, str]) -> None:
        self._keys = DataKeys(keys)
        self._sdk = EncryptionSDKClient(
            commitment_policy=COMMITMENT, max_encrypted_data_keys=MAX_ENCRYPTED_DATA_KEYS
        )
        self._table = table
        self._message_context = expected_context(table, context)
        self._envelope_context = {**self._message_context, "dynaseal:format": "2"}

    def open(
        self, stored: bytes, key: Mapping[str, AttributeValue], path: Path, envelope: Optional[bytes] = None
    ) -> AttributeValue:
        """The value that was sealed for this place; Refused if it was not, or was changed since.

        `envelope` is the envelope attribute of the same item, None if it has none.
        """
        if not stored.startswith(MAGIC):
            return parse_content(self.decrypt(stored), location(self._table, key, path))
        context = self._envelope_context
        field = parse_field(stored, envelope, context)
        data_key = self._keys.first(field.envelope.encrypted_data_keys, context)
        return open_field(field, data_key, context, self._table, key, path)

    def decrypt(self, message: bytes) -> bytes:
        """The content of a message of format 1, not yet compared with the place where it was found."""
        check_message(message, self._message_context)
        try:
            content, _header = self._sdk.decrypt(source=message, materials_manager=self._keys)
        except (AWSEncryptionSDKClientError, InvalidTag) as error:
            # The data key was found and the parts add up: what is left are the commitment and the tags.
            raise Refused("not-authentic", "changed after it was sealed") from error
        return bytes(content)
