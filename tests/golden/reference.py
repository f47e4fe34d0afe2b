"""A second, tiny implementation of the hashes, masks, shares and packing of docs/protocol.md.

It shares no code with the C++ and uses only Python's standard library (SHA-256 and HMAC); AES, GCM and X25519 are
spelled out here, slowly. Nothing here is constant-time: never use any of this outside a test.
"""
import hashlib
import hmac


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


# Signed bytes and sets, docs/protocol.md §2 to §4.
def signature_input(label, federation_id, payload):
    return b"bauta/v1/" + label + b"\0" + federation_id + sha256(payload)


def round_context(descriptor_payload):
    return sha256(b"bauta/v1/rd", descriptor_payload)


def u1_hash(rctx, messages):
    return sha256(b"bauta/v1/u1", rctx, *map(sha256, messages))


def u2_hash(rctx, l1, headers):
    return sha256(b"bauta/v1/u2", rctx, l1, *map(sha256, headers))


def u3_hash(rctx, l1, u2, headers):
    return sha256(b"bauta/v1/u3", rctx, l1, u2, *map(sha256, headers))


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
def mask_words(mask_key, lane_bits, first_word, count):
    skipped = 8 * (first_word % 2)
    stream = counter_mode(mask_key[:16], mask_key[16:], first_word // 2, skipped + 8 * count)[skipped:]
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
