"""A second, tiny implementation of the masks, shares and packing of docs/protocol.md.

It shares no code with the C++ and uses only Python's standard library (SHA-256 and HMAC); AES, GCM and X25519 are
spelled out here, slowly. `python3 tests/golden/reference.py` prints the golden vectors; with --write it replaces
tests/golden/masking.json. Secrets in it are hashes of labels: never use any of this outside a test.
"""
import hashlib
import hmac
import json
import pathlib
import sys

GOLDEN = pathlib.Path(__file__).resolve().parent / "masking.json"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u32(value):
    return value.to_bytes(4, "big")


# RFC 5869.
def hkdf(salt, input_key, info, length):
    pseudo_random_key = hmac.digest(salt, input_key, "sha256")
    block, out, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(pseudo_random_key, block + info + bytes([counter]), "sha256")
        out += block
        counter += 1
    return out[:length]


# RFC 7748 §5.
P25519 = 2**255 - 19


def x25519(scalar, u_bytes):
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & ~(128 << 8 * 31)) | (64 << 8 * 31)
    x1 = int.from_bytes(u_bytes, "little") & (2**255 - 1)
    x2, z2, x3, z3 = 1, 0, x1, 1
    for t in reversed(range(255)):
        if (k >> t) & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a, c * b
        e = a * a - b * b
        n_x3, n_z3 = (da + cb) ** 2 % P25519, x1 * (da - cb) ** 2 % P25519
        x2, z2 = a * a * b * b % P25519, e * (a * a + 121665 * e) % P25519
        x3, z3 = n_x3, n_z3
        if (k >> t) & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")


def x25519_public(scalar):
    return x25519(scalar, (9).to_bytes(32, "little"))


# FIPS 197.
def times_x(a):
    return (a << 1) ^ (0x11B if a & 0x80 else 0)


def make_s_box():
    exponent, logarithm, value = [0] * 255, [0] * 256, 1
    for i in range(255):  # powers of the generator 3
        exponent[i], logarithm[value] = value, i
        value ^= times_x(value)
    box = []
    for a in range(256):
        inverse = exponent[-logarithm[a] % 255] if a else 0
        rotations = inverse | inverse << 8
        box.append(0x63 ^ inverse ^ (rotations >> 7 ^ rotations >> 6 ^ rotations >> 5 ^ rotations >> 4) & 0xFF)
    return box


S_BOX = make_s_box()


def expand_key(key):
    n = len(key) // 4
    words, constant = [key[4 * i:4 * i + 4] for i in range(n)], 1
    for i in range(n, 4 * (n + 7)):
        word = words[-1]
        if i % n == 0:
            word = bytes(S_BOX[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = times_x(constant)
        elif n > 6 and i % n == 4:
            word = bytes(S_BOX[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[-n])))
    return [b"".join(words[i:i + 4]) for i in range(0, len(words), 4)]


def aes_block(round_keys, block):
    state = bytes(a ^ b for a, b in zip(block, round_keys[0]))
    for number, round_key in enumerate(round_keys[1:], 1):
        shifted = [S_BOX[state[(4 * (column + row) + row) % 16]] for column in range(4) for row in range(4)]
        if number < len(round_keys) - 1:
            mixed = []
            for c in range(0, 16, 4):
                column, everything = shifted[c:c + 4], shifted[c] ^ shifted[c + 1] ^ shifted[c + 2] ^ shifted[c + 3]
                mixed += [column[r] ^ everything ^ times_x(column[r] ^ column[(r + 1) % 4]) for r in range(4)]
            shifted = mixed
        state = bytes(a ^ b for a, b in zip(shifted, round_key))
    return state


def counter_mode(key, nonce, first_block, length):
    """Keystream of SP 800-38A §6.5 with counter blocks nonce (12 bytes) + u32."""
    round_keys, out = expand_key(key), bytearray()
    while len(out) < length:
        out += aes_block(round_keys, nonce + u32(first_block))
        first_block += 1
    return bytes(out[:length])


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


# SP 800-38D for 12-byte nonces.
def gcm_seal(key, nonce, associated, plaintext):
    hash_key = int.from_bytes(aes_block(expand_key(key), bytes(16)), "big")
    ciphertext = xor(plaintext, counter_mode(key, nonce, 2, len(plaintext)))

    def padded(text):
        return text + bytes(-len(text) % 16)

    text = padded(associated) + padded(ciphertext)
    text += (8 * len(associated)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    tag = 0
    for at in range(0, len(text), 16):
        tag ^= int.from_bytes(text[at:at + 16], "big")
        product, shifted = 0, hash_key
        for bit in reversed(range(128)):
            if (tag >> bit) & 1:
                product ^= shifted
            shifted = (shifted >> 1) ^ (0xE1 << 120 if shifted & 1 else 0)
        tag = product
    return ciphertext + xor(tag.to_bytes(16, "big"), counter_mode(key, nonce, 1, 16))


def gcm_open(key, nonce, associated, sealed):
    """The plaintext, or None where the tag does not fit."""
    plaintext = xor(sealed[:-16], counter_mode(key, nonce, 2, len(sealed) - 16))
    return plaintext if gcm_seal(key, nonce, associated, plaintext) == sealed else None


# Packing, docs/protocol.md §7: words are lists of integers.
def pack(values, lane_bits):
    lanes, words = 64 // lane_bits, []
    for at in range(0, len(values), lanes):
        words.append(sum((value % 2**lane_bits) << (lane_bits * i) for i, value in enumerate(values[at:at + lanes])))
    return words


def unpack(words, lane_bits):
    lanes = [(word >> (lane_bits * i)) % 2**lane_bits for word in words for i in range(64 // lane_bits)]
    return [lane - 2**lane_bits if lane >> (lane_bits - 1) else lane for lane in lanes]


def combine(words, others, lane_bits, sign):
    return pack([a + sign * b for a, b in zip(unpack(words, lane_bits), unpack(others, lane_bits))], lane_bits)


def wire(words):
    return b"".join(word.to_bytes(8, "little") for word in words)


def unwire(data):
    return [int.from_bytes(data[at:at + 8], "little") for at in range(0, len(data), 8)]


# Masks, docs/protocol.md §5.
def mask_words(mask_key, lane_bits, first_word, count, keystream=counter_mode):
    skipped = 8 * (first_word % 2)
    stream = keystream(mask_key[:16], mask_key[16:], first_word // 2, skipped + 8 * count)[skipped:]
    unused = 64 % lane_bits
    return [int.from_bytes(stream[8 * i:8 * i + 8], "little") & (2**(64 - unused) - 1) for i in range(count)]


def pair_mask_key(rctx, l1, u, v, u_public, v_public, shared):
    """`shared` is the result of X25519 of one's secret and the other's public key."""
    low, high = ((u, u_public), (v, v_public)) if u < v else ((v, v_public), (u, u_public))
    return hkdf(rctx, shared, b"bauta/v1/pair" + l1 + u32(low[0]) + u32(high[0]) + low[1] + high[1], 28)


def self_mask_key(rctx, l1, u, b):
    return hkdf(rctx, b, b"bauta/v1/self" + l1 + u32(u), 28)


def share_key(rctx, l1, u, v, u_public, v_public, shared):
    """For what u seals for v; `shared` as above."""
    return hkdf(rctx, shared, b"bauta/v1/share" + l1 + u32(u) + u32(v) + u_public + v_public, 32)


def commitment(rctx, u, b):
    return sha256(b"b", rctx, u32(u), b)


def share_hash(rctx, kind, u, v, share):
    return sha256(b"bauta/v1/share-hash", kind, rctx, u32(u), u32(v), share)


# Shamir over 2^61 - 1.
P61 = 2**61 - 1


def shamir_split(secret, t, xs, randomness):
    number = int.from_bytes(secret, "little")
    polynomials = [[number >> (52 * limb) & (2**52 - 1)] for limb in range(5)]
    at = 0
    for _ in range(t - 1):
        for polynomial in polynomials:
            while True:
                value = int.from_bytes(randomness[at:at + 8], "big") & P61
                at += 8
                if value != P61:
                    break
            polynomial.append(value)
    shares = []
    for x in xs:
        values = [sum(a * x**power for power, a in enumerate(polynomial)) % P61 for polynomial in polynomials]
        shares.append(b"".join(value.to_bytes(8, "big") for value in values))
    return shares


# RFC 6962 §2.1.
def merkle_root(leaves):
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    left = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1", merkle_root(leaves[:left]), merkle_root(leaves[left:]))


def merkle_root_from(leaf, index, count, proof):
    """The root that the proof of leaf `index` of `count` leads to, or None where its length does not fit."""
    if count == 1:
        return sha256(b"\0", leaf) if index == 0 and not proof else None
    if not proof or index >= count:
        return None
    left = 1 << ((count - 1).bit_length() - 1)
    *below, sibling = proof
    if index < left:
        root = merkle_root_from(leaf, index, left, below)
        return root and sha256(b"\1", root, sibling)
    root = merkle_root_from(leaf, index - left, count - left, below)
    return root and sha256(b"\1", sibling, root)


# The vectors.
def label(text, length=32):
    out, counter = b"", 0
    while len(out) < length:
        out += sha256(text.encode(), u32(counter))
        counter += 1
    return out[:length]


def integers(text, count, bound):
    return [int.from_bytes(label(f"{text} {i}", 8), "big") % (2 * bound + 1) - bound for i in range(count)]


RCTX, L1 = label("rctx"), label("L1")


def packing_vectors():
    for lane_bits, count in ((8, 19), (12, 11), (12, 10), (16, 9), (32, 5)):
        half = 2**(lane_bits - 1)
        a = integers(f"a {lane_bits} {count}", count - 2, half - 1) + [-half, half - 1]
        b = integers(f"b {lane_bits} {count}", count - 2, half - 1) + [-1, 1]
        packed_a, packed_b = pack(a, lane_bits), pack(b, lane_bits)
        yield {"lane_bits": lane_bits, "a": a, "b": b, "packed_a": wire(packed_a).hex(), "packed_b": wire(packed_b).hex(),
               "sum": wire(combine(packed_a, packed_b, lane_bits, 1)).hex(),
               "difference": wire(combine(packed_a, packed_b, lane_bits, -1)).hex()}


def pair_vectors():
    for u, v in ((0, 1), (5, 2), (256, 0x01020304)):
        u_secret, v_secret = label(f"m {u}"), label(f"m {v}")
        u_public, v_public = x25519_public(u_secret), x25519_public(v_secret)
        key = pair_mask_key(RCTX, L1, u, v, u_public, v_public, x25519(u_secret, v_public))
        assert key == pair_mask_key(RCTX, L1, v, u, v_public, u_public, x25519(v_secret, u_public))
        yield {"u": u, "v": v, "u_secret": u_secret.hex(), "v_secret": v_secret.hex(), "u_public": u_public.hex(),
               "v_public": v_public.hex(), "u_subtracts": u > v, "key": key.hex()}


def self_vectors():
    for u in (0, 7, 0xFFFFFFFF):
        b = label(f"b {u}")
        yield {"u": u, "b": b.hex(), "commitment": commitment(RCTX, u, b).hex(),
               "key": self_mask_key(RCTX, L1, u, b).hex()}


def mask_vectors():
    key = self_mask_key(RCTX, L1, 3, label("b 3"))
    for lane_bits, first_word, count in ((8, 0, 9), (12, 0, 9), (16, 1, 4), (32, 2, 5), (12, 2**31 + 1, 6),
                                         (16, 2**33 - 4, 4), (32, 0, 2100)):
        zeros = [0] * count
        mask = mask_words(key, lane_bits, first_word, count)
        yield {"lane_bits": lane_bits, "first_word": first_word, "count": count, "key": key.hex(),
               "added_sha256": sha256(wire(mask)).hex(),
               "subtracted_sha256": sha256(wire(combine(zeros, mask, lane_bits, -1))).hex(),
               "first_added": wire(mask[:4]).hex()}


def leaf_vectors():
    for u, v in ((1, 2), (2, 1)):
        u_secret, v_secret = label(f"e {u}"), label(f"e {v}")
        u_public, v_public = x25519_public(u_secret), x25519_public(v_secret)
        key = share_key(RCTX, L1, u, v, u_public, v_public, x25519(u_secret, v_public))
        shares = label(f"shares {u}", 80)
        yield {"sender": u, "recipient": v, "sender_secret": u_secret.hex(), "recipient_secret": v_secret.hex(),
               "key": key.hex(), "plaintext": shares.hex(),
               "sealed": gcm_seal(key, bytes(12), RCTX + L1 + u32(u) + u32(v), shares).hex()}


def shamir_vectors():
    for name, secret, t, xs in (("one", label("s 1"), 1, [1]), ("some", label("s 2"), 3, [1, 2, 3, 4, 5]),
                                ("far", label("s 3"), 4, [7, 100, 65536, 0xFFFFFFFF]),
                                ("full", b"\xff" * 32, 2, [1, 2])):
        randomness = label(f"coefficients {name}", 40 * (t - 1))
        if name == "full":  # the first draw is p and must be drawn again
            randomness = b"\xff" * 8 + randomness
        yield {"secret": secret.hex(), "t": t, "xs": xs, "randomness": randomness.hex(),
               "shares": [share.hex() for share in shamir_split(secret, t, xs, randomness)]}


def merkle_vectors():
    chunk = 64 * 1024
    for size in (0, 1, chunk, chunk + 1, 5 * chunk - 3):
        data = (b"".join(u32(i) for i in range(size // 4 + 1)))[:size]
        leaves = [data[at:at + chunk] for at in range(0, size, chunk)]
        yield {"size": size, "root": merkle_root(leaves).hex()}


def round_vector():
    """Four partners, one of whom is lost after the keys: everybody's upload, and the sum of the other three."""
    lane_bits, dimension, cohort, survivors = 12, 13, [0, 1, 3, 9], [0, 3, 9]
    secrets = {u: label(f"round m {u}") for u in cohort}
    publics = {u: x25519_public(secret) for u, secret in secrets.items()}
    partners, total = [], [0] * dimension
    for u in cohort:
        values = integers(f"round value {u}", dimension, 127)
        words = pack(values, lane_bits)
        b = label(f"round b {u}")
        words = combine(words, mask_words(self_mask_key(RCTX, L1, u, b), lane_bits, 0, len(words)), lane_bits, 1)
        for v in cohort:
            if v != u:
                key = pair_mask_key(RCTX, L1, u, v, publics[u], publics[v], x25519(secrets[u], publics[v]))
                words = combine(words, mask_words(key, lane_bits, 0, len(words)), lane_bits, 1 if u < v else -1)
        partners.append({"index": u, "m_secret": secrets[u].hex(), "b": b.hex(), "values": values,
                         "survives": u in survivors, "upload": wire(words).hex()})
        if u in survivors:
            total = [x + y for x, y in zip(total, values)]
    return {"lane_bits": lane_bits, "dimension": dimension, "partners": partners, "sum": wire(pack(total, lane_bits)).hex()}


def golden():
    return {"rctx": RCTX.hex(), "l1": L1.hex(), "packing": list(packing_vectors()), "pair_keys": list(pair_vectors()),
            "self_keys": list(self_vectors()), "masks": list(mask_vectors()), "leaves": list(leaf_vectors()),
            "shamir": list(shamir_vectors()), "merkle": list(merkle_vectors()), "round": round_vector()}


def text():
    return json.dumps(golden(), indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        GOLDEN.write_text(text())
    else:
        sys.stdout.write(text())
