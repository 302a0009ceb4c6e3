"""Search tokens of docs/format.md: from search key and value to token, and back to whether one fits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys import DataKeys
from location import canonical_path
from parts import (
    MAX_FIELD,
    AttributeValue,
    Cursor,
    Path,
    Refused,
    serialize_context,
    take_encrypted_data_keys,
)
from values import BOOL, NULL, B, N, S, normalize_number

MARKER = b"\xda\x5e\x30"
SEARCH = {"dynaseal:search": "1"}


class SearchKey(NamedTuple):
    """A search key that was unwrapped."""

    version: int
    root: bytes


def unwrap(keys: MasterKeyProvider, stored: bytes, context: Mapping[str, str]) -> SearchKey:
    """`context` is what the application added when the search key was made."""
    cursor = Cursor(stored, "malformed-search-key")
    if len(stored) > MAX_FIELD:
        raise cursor.refuse(f"more than {MAX_FIELD} bytes")
    if cursor.take(len(MARKER)) != MARKER:
        raise cursor.refuse("no search key")
    version = cursor.u8()
    if version == 0:
        raise cursor.refuse("no version")
    context_tag = cursor.take(4)
    start = cursor.offset
    encrypted_data_keys = take_encrypted_data_keys(cursor)
    serialized_keys = cursor.since(start)
    commitment = cursor.take(32)
    cursor.end()

    pairs = {**context, **SEARCH}
    serialized = serialize_context(pairs)
    bound = struct.pack(">H", len(serialized)) + serialized
    if not hmac.compare_digest(context_tag, hashlib.sha256(bound).digest()[:4]):
        raise Refused("wrong-context", "made with another encryption context")
    data_key = DataKeys(keys).first(encrypted_data_keys, pairs)
    if len(data_key) != 32:
        raise Refused("key-unavailable", "a data key of another length")
    binding = hashlib.sha256(bound + serialized_keys).digest()
    number = bytes([version])
    if not hmac.compare_digest(_derive(data_key, b"commit", number + binding), commitment):
        raise Refused("not-authentic", "the data key is not the one that the search key commits to")
    return SearchKey(version, _derive(data_key, b"root", number))


class Tokens:
    """The tokens of one attribute, or of several together, of a logical table."""

    def __init__(
        self,
        paths: Sequence[Path],
        table: str,
        tenant: Optional[str] = None,
        normalizers: Optional[Sequence[Sequence[str]]] = None,
        bits: int = 128,
    ) -> None:
        """`normalizers` are for each path the names of what is made of its texts first."""
        if not paths or not table or tenant == "" or not 8 <= bits <= 256:
            raise ValueError("no attribute, table or tenant, or no such number of bits")
        self._normalizers = normalizers or [[] for _ in paths]
        self._bits = bits
        self.scope = b"".join(
            [
                _sized(table.encode()),
                b"\x00" if tenant is None else b"\x01" + _sized(tenant.encode()),
                struct.pack(">I", len(paths)),
                *(canonical_path(path) for path in paths),
            ]
        )

    def token(self, key: SearchKey, values: Sequence[AttributeValue]) -> str:
        """`values` has one for each path."""
        digest = hmac.digest(self.token_key(key), self.message(values), "sha256")
        unused = 256 - self._bits
        # Whole sextets of zeros behind the bits; base64 wants bytes.
        cut = (int.from_bytes(digest, "big") >> unused << unused).to_bytes(32, "big")
        text = base64.urlsafe_b64encode(cut).decode()[: -(-self._bits // 6)]
        return f"{key.version}.{text}"

    def of_members(self, key: SearchKey, value: AttributeValue) -> list[str]:
        """One for each member of a set or a list, and each once."""
        return sorted({self.token(key, [member]) for member in members(value)})

    def fit(
        self, keys: Mapping[int, SearchKey], values: Sequence[AttributeValue], stored: Any, is_set: bool
    ) -> list[int]:
        """The versions that stored tokens have, all of which fit; else Refused. `keys` are by version."""
        if not isinstance(stored, list) or not (is_set or len(stored) == 1):
            raise Refused("malformed", "not as many tokens as there can be")
        versions = sorted({self._version(token) for token in stored})
        if not all(version in keys for version in versions):
            raise Refused("unknown-version", "of a search key that is not held")
        try:
            subjects = [[member] for member in members(values[0])] if is_set else [values]
            expected = [[self.token(keys[version], one) for version in versions] for one in subjects]
        except Refused:
            raise Refused("other-value", "beside a value that has no token") from None
        known = [token for tokens in expected for token in tokens]
        if not all(_is_among(token, known) for token in stored):
            raise Refused("other-value", "of another value")
        if not all(any(_is_among(token, stored) for token in tokens) for tokens in expected):
            raise Refused("other-value", "a member has no token")
        return versions

    def token_key(self, key: SearchKey) -> bytes:
        """One block of the counter-mode KDF of NIST SP 800-108: counter, label, 00, context, bits."""
        block = struct.pack(">I", 1) + b"dynaseal:search:v1:token\x00" + self.scope + struct.pack(">I", 256)
        return hmac.digest(key.root, block, "sha256")

    def message(self, values: Sequence[AttributeValue]) -> bytes:
        if len(values) != len(self._normalizers):
            raise Refused("invalid-value", "not one value for each attribute")
        if not any(_type_of(value) in ("S", "N", "B") for value in values):
            raise Refused("invalid-value", "nothing that has more than a few values")
        parts = (normalized(value, names) for value, names in zip(values, self._normalizers))
        return b"".join(_sized(_serialize(part)) for part in parts)

    def _version(self, token: Any) -> int:
        match = re.fullmatch(r"([1-9][0-9]{0,2})\.([A-Za-z0-9_-]+)", token) if isinstance(token, str) else None
        if match is None or len(match[2]) != -(-self._bits // 6):
            raise Refused("malformed", "no token, or of another length")
        return int(match[1])


def members(value: AttributeValue) -> Iterable[AttributeValue]:
    ((type_name, content),) = value.items()
    if type_name not in ("SS", "NS", "BS", "L"):
        raise Refused("invalid-value", "neither a set nor a list")
    return content if type_name == "L" else [{type_name[0]: member} for member in content]


# Normalization


#: What trim takes away: `str.strip` would take more, and less.
_WHITE = "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
_PHONE = dict.fromkeys(map(ord, _WHITE + "+-.()/\u2212" + "".join(map(chr, range(0x2010, 0x2016)))))


#: UTF-16 code units.
_MOST_MARKS = 256


def _nfkc(text: str) -> str:
    marks = 0
    for character in text:
        is_mark = unicodedata.category(character)[0] == "M" or character in "\uff9e\uff9f"
        marks = marks + (2 if ord(character) > 0xFFFF else 1) if is_mark else 0
        if marks > _MOST_MARKS:
            raise Refused("invalid-value", "so many combining marks in a row that it is not normalized")
    return unicodedata.normalize("NFKC", text)


NORMALIZERS = {
    "trim": lambda text: text.strip(_WHITE),
    "lowerCase": str.lower,
    "nfkc": _nfkc,
    "email": lambda text: _nfkc(_nfkc(text).strip(_WHITE).lower()),
    "phoneDigits": lambda text: _nfkc(text).translate(_PHONE),
}


def normalized(value: AttributeValue, names: Sequence[str]) -> AttributeValue:
    if not names:
        return value
    if _type_of(value) != "S":
        raise Refused("invalid-value", "no text, and only texts are normalized")
    text = value["S"]
    for name in names:
        text = NORMALIZERS[name](text)
    return {"S": text}


# Bytes


def _type_of(value: AttributeValue) -> str:
    ((type_name, _),) = value.items()
    return type_name


def _serialize(value: AttributeValue) -> bytes:
    ((type_name, content),) = value.items()
    try:
        if type_name == "S":
            return struct.pack(">H", S) + content.encode()
        if type_name == "N":
            return struct.pack(">H", N) + normalize_number(content).encode()
    except ValueError:  # Of which UnicodeEncodeError is one.
        raise Refused("invalid-value", "a lone surrogate, or a number that DynamoDB does not take") from None
    if type_name == "B":
        return struct.pack(">H", B) + bytes(content)
    if type_name == "BOOL":
        return struct.pack(">H?", BOOL, content)
    if type_name == "NULL":
        return struct.pack(">H", NULL)
    raise Refused("invalid-value", f"a value of type {type_name}")


def _derive(data_key: bytes, what: bytes, more: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"dynaseal:search:v1:" + what + more).derive(data_key)


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _is_among(token: str, tokens: Iterable[str]) -> bool:
    return any(hmac.compare_digest(token.encode(), other.encode()) for other in tokens)
