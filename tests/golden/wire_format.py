"""The messages of docs/protocol.md and the little of Protocol Buffers that they need. Total on hostile bytes: whatever the
specification does not allow is Refused."""
import struct
from types import SimpleNamespace

COORDINATOR = 0xFFFFFFFF
MAX_PARTNERS = 16384


class Refused(Exception):
    """What a peer sent is not what the specification says."""


class Message:
    """A table of fields: number, name, kind. Kinds: uint, bool, double, partner, bytes, bytes:LENGTH, or another Message;
    with a * in front (for a Message: in a list) repeated, with a ? optional: None where it is absent. Repeated partners are
    strictly ascending."""

    def __init__(self, *fields):
        self.fields = {number: (name, kind) for number, name, kind in fields}

    def encode(self, **values):
        out = b""
        for number, (name, kind) in self.fields.items():
            value = values.pop(name)
            repeated, kind = split(kind)
            for element in value if repeated else [value]:
                if element is not None:
                    out += encode_field(number, kind, element)
        assert not values, f"no field {values}"
        return out

    def decode(self, data):
        """The fields by name; absent ones have proto3's defaults."""
        found = {number: [] for number in self.fields}
        at = 0
        while at < len(data):
            key, at = read_varint(data, at)
            if key >> 3 not in self.fields:
                raise Refused(f"field {key >> 3} is not known")
            elements, at = decode_field(split(self.fields[key >> 3][1])[1], key & 7, data, at)
            found[key >> 3] += elements
        message = SimpleNamespace()
        for number, (name, kind) in self.fields.items():
            absent_is_none = optional(kind)
            repeated, kind = split(kind)
            absent = None if absent_is_none or repeated else default(kind)
            values = found[number] if repeated else found[number][-1:] or [absent]
            for value in values:
                if value is not None:
                    check(name, kind, value)
            if len(values) > MAX_PARTNERS:
                raise Refused(f"{name} has too many entries")
            if repeated and kind == "partner" and any(a >= b for a, b in zip(values, values[1:])):
                raise Refused(f"{name} is not strictly ascending")
            setattr(message, name, values if repeated else values[0])
        return message


def split(kind):
    """Whether it is repeated, and the kind of one element."""
    if isinstance(kind, list):
        return True, kind[0]
    if isinstance(kind, str) and kind.startswith("*"):
        return True, kind[1:]
    return False, kind[1:] if optional(kind) else kind


def optional(kind):
    return isinstance(kind, str) and kind.startswith("?")


def default(kind):
    return {"uint": 0, "partner": 0, "bool": False, "double": 0.0}.get(kind, b"")


def check(name, kind, value):
    if kind == "partner" and value >= MAX_PARTNERS:
        raise Refused(f"{name} names an impossible partner")
    if isinstance(kind, str) and kind.startswith("bytes:") and len(value) != int(kind[6:]):
        raise Refused(f"{name} has {len(value)} bytes, not {kind[6:]}")


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def read_varint(data, at):
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & 2**64 - 1, at
    raise Refused("a number is cut off")


def encode_field(number, kind, value):
    if kind in ("uint", "partner", "bool"):
        return varint(number << 3) + varint(int(value))
    if kind == "double":
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(kind, Message):
        value = kind.encode(**value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def decode_field(kind, wire_type, data, at):
    """The field's elements (several where numbers are packed) and where the next field begins."""
    numeric = kind in ("uint", "partner", "bool")
    if numeric and wire_type == 0:
        value, at = read_varint(data, at)
        return [bool(value) if kind == "bool" else value], at
    if kind == "double" and wire_type == 1 and at + 8 <= len(data):
        return [struct.unpack_from("<d", data, at)[0]], at + 8
    if wire_type != 2 or kind == "double":
        raise Refused("not a protobuf message")
    length, at = read_varint(data, at)
    end = at + length
    if end > len(data):
        raise Refused("a field is cut off")
    if not numeric:
        return [kind.decode(data[at:end]) if isinstance(kind, Message) else bytes(data[at:end])], end
    values = []
    while at < end:
        value, at = read_varint(data[:end], at)
        values.append(value)
    return values, end


DIGEST = "bytes:32"

SIGNED_BLOB = Message((1, "payload", "bytes"), (2, "signer", "uint"), (3, "signature", "bytes"))
INVITATION = Message((1, "round_descriptor", "bytes"), (2, "plan", "bytes"))
ROUND_DESCRIPTOR = Message(
    (1, "suite", "uint"), (2, "federation_id", DIGEST), (3, "run_id", "bytes"), (4, "round_no", "uint"),
    (5, "attempt", "uint"), (6, "roster_hash", DIGEST), (7, "model_hash", DIGEST), (8, "plan_hash", DIGEST),
    (9, "cohort", "*partner"), (10, "clip", "double"), (11, "range", "double"), (12, "bits", "uint"), (13, "lane", "uint"),
    (14, "dimension", "uint"), (15, "graph", "uint"), (16, "f_max", "uint"), (17, "shamir_threshold", "uint"),
    (18, "certify_threshold", "uint"), (19, "n_min", "uint"), (20, "degree", "uint"), (21, "rotation", "bool"))
ADVERTISE_KEYS = Message((1, "rctx", DIGEST), (2, "partner", "partner"), (3, "e_pk", "bytes:32"), (4, "m_pk", "bytes:32"),
                         (5, "nonce", "bytes:32"), (6, "vouches", "bool"))
KEY_SET = Message((1, "rctx", DIGEST), (2, "messages", "*bytes"))
SHARE_KEYS_HEADER = Message((1, "rctx", DIGEST), (2, "l1", DIGEST), (3, "partner", "partner"), (4, "neighbours", "*partner"),
                            (5, "commitment", DIGEST), (6, "leaf_root", DIGEST))
SHARE_LEAF = Message((1, "recipient", "partner"), (2, "hash_b", DIGEST), (3, "hash_m", DIGEST), (4, "sealed", "bytes:96"))
SHARE_KEYS = Message((1, "header", "bytes"), (2, "leaves", "*bytes"))
HEADER_SET = Message((1, "rctx", DIGEST), (2, "l1", DIGEST), (3, "headers", "*bytes"))
DELIVERED_LEAF = Message((1, "dealer", "partner"), (2, "leaf", "bytes"), (3, "proof", "*" + DIGEST))
SHARE_PACKAGE = Message((1, "header_set", "bytes"), (2, "leaves", [DELIVERED_LEAF]))
MASKED_UPDATE_HEADER = Message((1, "rctx", DIGEST), (2, "l1", DIGEST), (3, "u2_hash", DIGEST), (4, "partner", "partner"),
                               (5, "dimension", "uint"), (6, "vector_root", DIGEST), (7, "complaints", "*partner"))
SURVIVOR_SET = Message((1, "rctx", DIGEST), (2, "l1", DIGEST), (3, "u2_hash", DIGEST), (4, "headers", "*bytes"))
SURVIVOR_STATEMENT = Message((1, "rctx", DIGEST), (2, "u3_hash", DIGEST))
CERTIFICATE = Message((1, "rctx", DIGEST), (2, "u3_hash", DIGEST), (3, "statements", "*bytes"))
REVEALED_SHARE = Message((1, "dealer", "partner"), (2, "share", "bytes:40"))
UNMASK_SHARES = Message((1, "rctx", DIGEST), (2, "u3_hash", DIGEST), (3, "shares", [REVEALED_SHARE]))
REVEALED_SECRET = Message((1, "partner", "partner"), (2, "secret", "bytes:32"))
AGGREGATE = Message((1, "rctx", DIGEST), (2, "u3_hash", DIGEST), (3, "certificate", "bytes"), (4, "sum_root", DIGEST),
                    (5, "next_model_hash", DIGEST), (6, "secrets", [REVEALED_SECRET]))
UPLOADED_CHUNK = Message((1, "partner", "partner"), (2, "bytes", "bytes"), (3, "proof", "*" + DIGEST))
AUDIT_ANSWER = Message((1, "rctx", DIGEST), (2, "u3_hash", DIGEST), (3, "chunk", "uint"), (4, "after", "?partner"),
                       (5, "uploads", [UPLOADED_CHUNK]))
