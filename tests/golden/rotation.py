"""The rotation of docs/protocol.md §7: spreads what stands in few coordinates evenly over a block."""
from reference import counter_mode, sha256

MAX_BLOCK = 2**16
HALF_ROOT = float.fromhex("0x1.6a09e667f3bcdp-1")


def blocks(count):
    """Lengths, in order."""
    lengths = []
    while count:
        lengths.append(min(MAX_BLOCK, 1 << (count.bit_length() - 1)))
        count -= lengths[-1]
    return lengths


def scale(length):
    log = length.bit_length() - 1
    return (HALF_ROOT if log % 2 else 1.0) * 2.0**-(log // 2)


def hadamard(x):
    half = 1
    while half < len(x):
        for j in range(len(x)):
            if not j & half:
                x[j], x[j + half] = x[j] + x[j + half], x[j] - x[j + half]
        half *= 2
    return [value * scale(len(x)) for value in x]


def signs(rctx, count, keystream=counter_mode):
    stream = keystream(sha256(b"bauta/v1/rotation", rctx)[:16], bytes(12), 0, -(-count // 8))
    return [-1.0 if stream[i // 8] >> (i % 8) & 1 else 1.0 for i in range(count)]


def each_block(vector):
    out = []
    for length in blocks(len(vector)):
        out += hadamard(vector[len(out):len(out) + length])
    return out


def rotate(vector, rctx, keystream=counter_mode):
    return each_block([x * sign for x, sign in zip(vector, signs(rctx, len(vector), keystream))])


def undo(vector, rctx, keystream=counter_mode):
    return [x * sign for x, sign in zip(each_block(vector), signs(rctx, len(vector), keystream))]


def automatic_range(clip, parameters):
    return 6 * clip * scale(blocks(parameters)[0])
