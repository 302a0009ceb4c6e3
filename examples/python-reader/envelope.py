"""Format 2 of docs/format.md, "envelope": all of a reader but the way to the data key."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Mapping
from typing import NamedTuple, Optional

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from location import canonical_path, item_location
from parts import (
    MAX_FIELD,
    TAG,
    AttributeValue,
    Cursor,
    EncryptedDataKey,
    Path,
    Refused,
    serialize_context,
    take_encrypted_data_keys,
)
from values import take_value

MAGIC = b"\xda\x5e"
ENVELOPE, SHORT, FULL = 0x20, 0x21, 0x22
NONCE = 12
#: A value has at least its type id.
MIN_PLAINTEXT = 2


class Envelope(NamedTuple):
    context_tag: bytes
    encrypted_data_keys: list[EncryptedDataKey]
    #: The same, with their count, as they are stored.
    serialized_keys: bytes
    commitment: bytes


class Field(NamedTuple):
    shape: int
    envelope: Envelope
    nonce: bytes
    #: With its tag behind it.
    ciphertext: bytes


def parse_field(stored: bytes, attribute: Optional[bytes], context: Mapping[str, str]) -> Field:
    """Refuses what no data key can open. `attribute` is the envelope attribute of the item, None if it has none."""
    if len(stored) > MAX_FIELD:
        raise Refused("malformed-message", f"more than {MAX_FIELD} bytes")
    cursor = Cursor(stored[len(MAGIC) :], "malformed-message")
    shape = cursor.u8()
    if shape not in (ENVELOPE, SHORT, FULL):
        raise Refused("unsupported-version", f"shape {shape:02x}")
    if shape == ENVELOPE:
        raise cursor.refuse("an envelope where a field belongs")
    envelope_tag = cursor.take(3) if shape == SHORT else b""
    own = _take_envelope(cursor) if shape == FULL else None
    nonce = cursor.take(NONCE)
    if cursor.left < MIN_PLAINTEXT + TAG:
        raise cursor.refuse("too short for a value")
    ciphertext = cursor.take(cursor.left)

    envelope = own or _parse_attribute(attribute)
    if not hmac.compare_digest(envelope.context_tag, hashlib.sha256(_bound(context)).digest()[:4]):
        raise Refused("wrong-context", "sealed for another table or encryption context")
    if not envelope.commitment.startswith(envelope_tag):
        raise Refused("wrong-envelope", "sealed for another envelope than the item has")
    return Field(shape, envelope, nonce, ciphertext)


def open_field(
    field: Field,
    data_key: bytes,
    context: Mapping[str, str],
    table: str,
    key: Mapping[str, AttributeValue],
    path: Path,
) -> AttributeValue:
    """The value that was sealed for this place under this data key, which is one of the field's envelope."""
    binding = hashlib.sha256(_bound(context) + field.envelope.serialized_keys).digest()
    if not hmac.compare_digest(_derive(data_key, b"commit", binding), field.envelope.commitment):
        raise Refused("not-authentic", "the data key is not the one that the envelope commits to")
    item_key = _item_key(_derive(data_key, b"encrypt", binding), item_location(table, key))
    additional_data = MAGIC + bytes([field.shape]) + canonical_path(path)
    try:
        plaintext = AESGCM(item_key).decrypt(field.nonce, field.ciphertext, additional_data)
    except InvalidTag:
        raise Refused("not-authentic", "changed, or sealed for another item or attribute") from None
    return take_value(Cursor(plaintext, "malformed-value"))


def _parse_attribute(attribute: Optional[bytes]) -> Envelope:
    if attribute is None:
        raise Refused("missing-envelope", "the item has no envelope attribute")
    cursor = Cursor(attribute, "malformed-message")
    if len(attribute) > MAX_FIELD:
        raise cursor.refuse(f"an envelope of more than {MAX_FIELD} bytes")
    if cursor.take(3) != MAGIC + bytes([ENVELOPE]):
        raise cursor.refuse("no envelope")
    envelope = _take_envelope(cursor)
    cursor.end()
    return envelope


def _take_envelope(cursor: Cursor) -> Envelope:
    context_tag = cursor.take(4)
    start = cursor.offset
    encrypted_data_keys = take_encrypted_data_keys(cursor)
    serialized_keys = cursor.since(start)
    return Envelope(context_tag, encrypted_data_keys, serialized_keys, commitment=cursor.take(32))


def _bound(context: Mapping[str, str]) -> bytes:
    serialized = serialize_context(context)
    return struct.pack(">H", len(serialized)) + serialized


def _derive(data_key: bytes, what: bytes, binding: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"dynaseal:v2:" + what + binding).derive(data_key)


def _item_key(root: bytes, location: bytes) -> bytes:
    """One block of the counter-mode KDF of NIST SP 800-108: counter, label, 00, context, bits."""
    block = struct.pack(">I", 1) + b"dynaseal:v2:item\x00" + location + struct.pack(">I", 256)
    return hmac.digest(root, block, "sha256")
