"""The reference implementation against published vectors, and the committed file against the reference."""
import unittest

import golden_vectors
import reference


class ReferenceTest(unittest.TestCase):
    def test_the_committed_vectors_are_those_the_reference_makes(self):
        self.assertEqual(golden_vectors.GOLDEN.read_text(), golden_vectors.text(),
                         "run python3 tests/golden/golden_vectors.py --write and look at the difference")

    def test_aes_agrees_with_fips_197_and_sp_800_38a(self):
        block = bytes.fromhex("00112233445566778899aabbccddeeff")
        for length, expected in ((16, "69c4e0d86a7b0430d8cdb78070b4c55a"), (32, "8ea2b7ca516745bfeafc49904b496089")):
            self.assertEqual(reference.aes_block(reference.expand_key(bytes(range(length))), block).hex(), expected)
        key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
        stream = reference.counter_mode(key, bytes(range(0xF0, 0xFC)), 0xFCFDFEFF, 16)
        self.assertEqual(stream.hex(), "ec8cdf7398607cb0f2d21675ea9ea1e4")

    def test_gcm_agrees_with_its_specification(self):
        key = bytes.fromhex("feffe9928665731c6d6a8f9467308308") * 2
        plaintext = bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
        associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        sealed = reference.gcm_seal(key, bytes.fromhex("cafebabefacedbaddecaf888"), associated, plaintext)
        self.assertEqual(sealed[-16:].hex(), "76fc6ece0f4e1768cddf8853bb2d551b")

    def test_x25519_agrees_with_rfc_7748(self):
        scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
        u = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
        self.assertEqual(reference.x25519(scalar, u).hex(),
                         "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")

    def test_hkdf_agrees_with_rfc_5869(self):
        okm = reference.hkdf(bytes(range(13)), b"\x0b" * 22, bytes(range(0xF0, 0xFA)), 42)
        self.assertEqual(okm.hex(), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


if __name__ == "__main__":
    unittest.main()
