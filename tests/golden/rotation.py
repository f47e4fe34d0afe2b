"""The randomised Hadamard rotation of docs/protocol.md §7: Python's floats are IEEE doubles and give the same bits."""
import struct

from reference import counter_mode, sha256

GREATEST_BLOCK = 1 << 16
HALF_ROOT = float.fromhex("0x1.6a09e667f3bcdp-1")


def blocks(size):
    while size:
        block = min(GREATEST_BLOCK, 1 << (size.bit_length() - 1))
        yield block
        size -= block


def scale(block):
    log = block.bit_length() - 1
    return (HALF_ROOT if log % 2 else 1.0) * 2.0**-(log // 2)


def limit(clip, size):
    """The range of a plan that names none."""
    return 6 * clip * scale(next(blocks(size)))


def signs(rctx, size):
    stream = counter_mode(sha256(b"bauta/v1/rotation", rctx)[:16], bytes(12), 0, (size + 7) // 8)
    return [-1.0 if stream[i // 8] >> i % 8 & 1 else 1.0 for i in range(size)]


def transform(x):
    x, half = list(x), 1
    while half < len(x):
        for j in range(len(x)):
            if not j & half:
                x[j], x[j + half] = x[j] + x[j + half], x[j] - x[j + half]
        half *= 2
    return [value * scale(len(x)) for value in x]


def undo(rotated, rctx):
    vector, first = [], 0
    for block in blocks(len(rotated)):
        vector += transform(rotated[first:first + block])
        first += block
    return [value * sign for value, sign in zip(vector, signs(rctx, len(vector)))]


def bits_of(vector):
    """Big-endian binary64."""
    return b"".join(struct.pack(">d", value) for value in vector)
