"""Packed vectors of docs/protocol.md §7 as one long integer each, which makes Python fast enough for whole rounds; reference.py
does the same lane by lane. Only the keystream comes from python3-cryptography."""
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from reference import u32


def keystream(key, nonce, first_block, length):
    """As reference.counter_mode."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(nonce + u32(first_block))).encryptor()
    return encryptor.update(bytes(length))


class PackedLanes:
    """Vectors of so many words; integers in which no bit is set that belongs to no lane."""

    def __init__(self, lane_bits, words):
        self.bytes = 8 * words
        lanes = 64 // lane_bits
        self.used = self.in_every_word(2**(lane_bits * lanes) - 1)
        self.tops = self.in_every_word(sum(1 << (lane_bits * (i + 1) - 1) for i in range(lanes)))

    def in_every_word(self, word):
        return int.from_bytes(word.to_bytes(8, "little") * (self.bytes // 8), "little")

    def read(self, data):
        """None where a bit is set that belongs to no lane, or the length is another."""
        vector = int.from_bytes(data, "little")
        return vector if len(data) == self.bytes and vector & self.used == vector else None

    def write(self, vector):
        return vector.to_bytes(self.bytes, "little")

    def add(self, a, b):
        # The top bits apart, no lane's sum carries into the next one.
        return ((a & ~self.tops) + (b & ~self.tops)) ^ ((a ^ b) & self.tops)

    def subtract(self, a, b):
        # The top bits set, no lane borrows from the next one.
        return ((a | self.tops) - (b & ~self.tops)) ^ ((a ^ b ^ self.tops) & self.tops)

    def mask(self, mask_key, first_word):
        skipped = 8 * (first_word % 2)
        stream = keystream(mask_key[:16], mask_key[16:], first_word // 2, skipped + self.bytes)
        return int.from_bytes(stream[skipped:], "little") & self.used
