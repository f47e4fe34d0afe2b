"""The second client's rules without a coordinator: a whole round in this process, and what it must refuse in one."""
import base64
import unittest

import reference as maths
import wire_format as wire
from wire_format import COORDINATOR, Message, Refused

try:
    import packed_lanes
    import second_client
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
except ModuleNotFoundError as missing:
    if (missing.name or "").split(".")[0] != "cryptography":
        raise
    second_client = None

PLAN = b'name = "golden"\n[model]\ntable_rows = 256\ntoken_width = 8\nwidth = 8\n[update]\nbits = 9\nlane = 12\n'
PARTNERS = 3


class WireFormatTest(unittest.TestCase):
    table = Message((1, "number", "uint"), (2, "key", "bytes:2"), (3, "holders", "*partner"), (4, "yes", "bool"), (5, "x", "double"),
                    (6, "after", "?partner"))

    def test_what_is_encoded_is_decoded(self):
        values = {"number": 300, "key": b"ab", "holders": [1, 7, 16383], "yes": True, "x": -0.25, "after": 0}
        self.assertEqual(values, vars(self.table.decode(self.table.encode(**values))))

    def test_absent_fields_have_their_defaults_and_numbers_may_be_packed(self):
        decoded = self.table.decode(b"\x12\x02ab" + b"\x1a\x03\x01\x80\x01")
        self.assertEqual({"number": 0, "key": b"ab", "holders": [1, 128], "yes": False, "x": 0.0, "after": None}, vars(decoded))

    def test_hostile_bytes_are_refused(self):
        whole = self.table.encode(number=1, key=b"ab", holders=[1, 2], yes=False, x=0.0, after=None)
        unknown, cut, length = whole + b"\x38\x01", whole[:-1], b"\x12\xff\xff\xff\xff\x0fab"
        falling = self.table.encode(number=1, key=b"ab", holders=[2, 1], yes=False, x=0.0, after=1)
        impossible = self.table.encode(number=1, key=b"ab", holders=[16384], yes=False, x=0.0, after=1)
        short = self.table.encode(number=1, key=b"a", holders=[], yes=False, x=0.0, after=1)
        for data in (unknown, cut, length, falling, impossible, short, b"\x12\x02ab\x80", b"\x0b"):
            with self.assertRaises(Refused):
                self.table.decode(data)


class MerkleProofTest(unittest.TestCase):
    @staticmethod
    def proof(leaves, index):
        if len(leaves) == 1:
            return []
        left = 1 << ((len(leaves) - 1).bit_length() - 1)
        if index < left:
            return MerkleProofTest.proof(leaves[:left], index) + [maths.merkle_root(leaves[left:])]
        return MerkleProofTest.proof(leaves[left:], index - left) + [maths.merkle_root(leaves[:left])]

    def test_every_proof_leads_to_the_root_and_no_other_does(self):
        for count in range(1, 10):
            leaves = [bytes([i]) for i in range(count)]
            root = maths.merkle_root(leaves)
            for i in range(count):
                proof = self.proof(leaves, i)
                self.assertEqual(root, maths.merkle_root_from(leaves[i], i, count, proof))
                for leaf, index, path in ((b"x", i, proof), (leaves[i], count, proof), (leaves[i], i, proof + [root])):
                    self.assertNotEqual(root, maths.merkle_root_from(leaf, index, count, path))


@unittest.skipIf(second_client is None, "python3-cryptography is not installed")
class PackedLanesTest(unittest.TestCase):
    def test_long_integers_give_what_the_reference_gives_lane_by_lane(self):
        key = maths.self_mask_key(bytes(32), bytes(32), 1, bytes(32))
        for lane_bits in (8, 12, 16, 32):
            for first_word in (0, 5):
                packing, words = packed_lanes.PackedLanes(lane_bits, 9), maths.mask_words(key, lane_bits, first_word, 9)
                mask = packing.mask(key, first_word)
                self.assertEqual(maths.wire(words), packing.write(mask))
                other = maths.mask_words(key, lane_bits, 100, 9)
                for operation, sign in ((packing.add, 1), (packing.subtract, -1)):
                    expected = maths.wire(maths.combine(words, other, lane_bits, sign))
                    self.assertEqual(expected, packing.write(operation(mask, packing.read(maths.wire(other)))))
        self.assertIsNone(packed_lanes.PackedLanes(12, 1).read(b"\0" * 7 + b"\x10"))
        self.assertIsNone(packed_lanes.PackedLanes(12, 1).read(bytes(16)))


class Relay:
    """The coordinator's part of a round: collects blobs and signs sets. Partner 0 is the victim: `lies` maps a set's label
    to a function that changes what it is shown."""

    def __init__(self, lies):
        self.lies = lies
        self.key = ec.generate_private_key(ec.SECP256R1())
        keys = [ed25519.Ed25519PrivateKey.generate()] + [ec.generate_private_key(ec.SECP256R1()) for _ in range(PARTNERS - 1)]
        text = f'federation = "golden"\nfederation_id = "{"ab" * 32}"\n[coordinator]\nsigning_key = "{public_text(self.key)}"\n'
        for number, key in enumerate(keys):
            text += f'[[partner]]\nid = "p{number}"\nsigning_key = "{public_text(key)}"\nweight = {1 / (number + 1)}\n'
        self.partners = [second_client.Partner(f"p{number}", text.encode(), pem(key), PLAN) for number, key in enumerate(keys)]
        self.roster = self.partners[0].roster

    def sign(self, label, payload):
        return self.roster.sign(label, self.key, COORDINATOR, payload)

    def invitation(self, **changes):
        victim = self.partners[0]
        values = {"suite": 1, "federation_id": self.roster.federation_id, "run_id": b"run-1", "round_no": 1, "attempt": 1,
                  "roster_hash": self.roster.hash, "model_hash": victim.model.name(), "plan_hash": victim.plan_hash,
                  "cohort": range(PARTNERS), "clip": 1.0, "range": 0.1, "bits": 9, "lane": 12,
                  "dimension": len(victim.model.parameters) + 4, "graph": 1, "f_max": 1, "shamir_threshold": 2,
                  "certify_threshold": 3, "n_min": 3, "degree": 0, "rotation": False, **changes}
        return wire.INVITATION.encode(round_descriptor=self.sign(b"descriptor", wire.ROUND_DESCRIPTOR.encode(**values)), plan=PLAN)

    def to(self, receiver, label, values):
        """What the receiver is shown of a set: a copy of `values`, for the victim changed by the lie of that label."""
        values = {name: list(value) if isinstance(value, list) else value for name, value in values.items()}
        if receiver == 0 and label in self.lies:
            self.lies[label](values)
        return values

    def share_package(self, attempts, dealt, receiver):
        """`dealt`: the ShareKeys of all dealers."""
        values = self.to(receiver, "u2", {
            "rctx": attempts[0].rctx, "l1": attempts[0].l1, "headers": [keys.header for keys in dealt],
            "leaves": [{"dealer": dealer, "leaf": keys.leaves[receiver], "proof": MerkleProofTest.proof(keys.leaves, receiver)}
                       for dealer, keys in enumerate(dealt)]})
        leaves = values.pop("leaves")
        return wire.SHARE_PACKAGE.encode(header_set=self.sign(b"u2", wire.HEADER_SET.encode(**values)), leaves=leaves)

    def play(self):
        """A round of zeros; returns the attempts, whose models are then the next ones."""
        invitation = self.invitation()
        attempts = [partner.accept_invitation(invitation) for partner in self.partners]
        context = {"rctx": attempts[0].rctx}
        signed = lambda receiver, label, message, values: self.sign(
            label.encode(), message.encode(**self.to(receiver, label, {**context, **values})))

        messages = [attempt.advertise_keys() for attempt in attempts]
        dealt = [wire.SHARE_KEYS.decode(attempt.share_keys(signed(i, "u1", wire.KEY_SET, {"messages": messages})))
                 for i, attempt in enumerate(attempts)]
        if "dealing" in self.lies:
            self.lies["dealing"](attempts, dealt)
        zeros = [0] * attempts[0].descriptor.dimension
        headers = [attempt.masked_update(self.share_package(attempts, dealt, i), zeros)[0] for i, attempt in enumerate(attempts)]
        context.update(l1=attempts[0].l1, u2_hash=attempts[0].u2_hash)
        statements = [attempt.certify(signed(i, "u3", wire.SURVIVOR_SET, {"headers": headers})) for i, attempt in enumerate(attempts)]
        context = {"rctx": attempts[0].rctx, "u3_hash": attempts[0].u3_hash}
        certificates = [signed(i, "certificate", wire.CERTIFICATE, {"statements": statements}) for i in range(PARTNERS)]
        self.revealed = [wire.UNMASK_SHARES.decode(wire.SIGNED_BLOB.decode(attempt.unmask(certificate)).payload).shares
                         for attempt, certificate in zip(attempts, certificates)]
        packed_sum = maths.wire(maths.pack(zeros, 12))
        following = attempts[0].partner.model.step([0.0] * len(attempts[0].partner.model.parameters), attempts[0].partner.plan["server"])
        for i, attempt in enumerate(attempts):
            aggregate = signed(i, "aggregate", wire.AGGREGATE, {
                "certificate": certificates[i], "sum_root": maths.merkle_root(second_client.chunks_of(packed_sum)), "next_model_hash": following.name(),
                "secrets": [{"partner": other.me, "secret": other.b} for other in attempts]})
            attempt.partner.apply(attempt, *attempt.accept_aggregate(aggregate, packed_sum))
        return attempts


def public_text(key):
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def forge(blobs, place, message, **changes):
    """A lie: the blob at `place` with other fields, under its old signature."""
    blob = wire.SIGNED_BLOB.decode(blobs[place])
    values = {**vars(message.decode(blob.payload)), **changes}
    blobs[place] = wire.SIGNED_BLOB.encode(payload=message.encode(**values), signer=blob.signer, signature=blob.signature)


@unittest.skipIf(second_client is None, "python3-cryptography is not installed")
class SecondClientTest(unittest.TestCase):
    def assert_refused(self, pattern, **lies):
        with self.assertRaisesRegex(Refused, pattern):
            Relay(lies).play()

    def test_a_round_goes_through_and_ends_with_one_model(self):
        relay = Relay({})
        attempts = relay.play()
        self.assertEqual(1, len({partner.model.name() for partner in relay.partners}))
        for shares, attempt in zip(relay.revealed, attempts):
            self.assertEqual([attempt.shares[dealer][b"b"] for dealer in range(PARTNERS)], [share.share for share in shares])

    def test_a_model_that_was_certified_once_is_not_trained_again(self):
        relay = Relay({})
        before = relay.partners[0].model
        relay.play()
        relay.partners[0].model = before
        with self.assertRaisesRegex(Refused, "not trained again"):
            relay.partners[0].accept_invitation(relay.invitation(round_no=2))

    def test_weakened_or_old_invitations_are_refused(self):
        relay = Relay({})
        for pattern, changes in (("thresholds", {"shamir_threshold": 1}), ("thresholds", {"certify_threshold": 2}),
                                 ("f_max", {"f_max": 2}), ("n_min", {"n_min": 4}), ("update", {"clip": 2.0}),
                                 ("fit a lane", {"bits": 10}), ("lane", {"lane": 16}), ("update", {"rotation": True}), ("dimension", {"dimension": 5}), ("graph", {"graph": 2}),
                                 ("cohort", {"cohort": [1, 2]}), ("roster", {"roster_hash": bytes(32)}),
                                 ("another plan", {"plan_hash": bytes(32)}), ("another model", {"model_hash": bytes(32)})):
            with self.subTest(changes), self.assertRaisesRegex(Refused, pattern):
                relay.partners[0].accept_invitation(relay.invitation(**changes))
        invitation = relay.invitation(attempt=2)
        relay.partners[0].accept_invitation(invitation)
        for again in (invitation, relay.invitation(attempt=1)):
            with self.assertRaisesRegex(Refused, "not new"):
                relay.partners[0].accept_invitation(again)

    def test_a_substituted_key_is_refused(self):
        self.assert_refused("does not verify", u1=lambda s: forge(s["messages"], 1, wire.ADVERTISE_KEYS, m_pk=bytes(32)))

    def test_a_key_set_without_or_with_another_message_of_ours_is_refused(self):
        self.assert_refused("our own keys", u1=lambda s: s["messages"].pop(0))
        self.assert_refused("U1 is too small", u1=lambda s: s["messages"].pop())
        self.assert_refused("roster order", u1=lambda s: s["messages"].reverse())

    def test_a_leaf_that_its_dealer_did_not_sign_is_refused(self):
        def swap(package):
            package["leaves"][1]["leaf"], package["leaves"][2]["leaf"] = package["leaves"][2]["leaf"], package["leaves"][1]["leaf"]
        self.assert_refused("did not sign", u2=swap)

    def test_a_leaf_that_its_dealer_spoilt_becomes_a_complaint(self):
        def spoil(attempts, dealt):
            leaf = vars(wire.SHARE_LEAF.decode(dealt[1].leaves[0]))
            dealt[1].leaves[0] = wire.SHARE_LEAF.encode(**{**leaf, "sealed": bytes(96)})
            header = wire.SHARE_KEYS_HEADER.decode(wire.SIGNED_BLOB.decode(dealt[1].header).payload)
            payload = wire.SHARE_KEYS_HEADER.encode(**{**vars(header), "leaf_root": maths.merkle_root(dealt[1].leaves)})
            dealt[1].header = attempts[1].shares_header = attempts[1].signed(b"share-keys", payload)
        attempts = Relay({"dealing": spoil}).play()
        self.assertEqual([[1], [], []], [attempt.complaints for attempt in attempts])
        self.assertNotIn(1, attempts[0].shares)

    def test_survivors_that_are_too_few_or_forged_are_refused(self):
        self.assert_refused("U3 is too small", u3=lambda s: s["headers"].pop())
        self.assert_refused("does not verify", u3=lambda s: forge(s["headers"], 2, wire.MASKED_UPDATE_HEADER, vector_root=bytes(32)))

    def test_a_certificate_of_too_few_or_of_another_u3_opens_nothing(self):
        self.assert_refused("too few signatures", certificate=lambda s: s["statements"].pop())
        self.assert_refused("another U3", certificate=lambda s: s.update(u3_hash=bytes(32)))

    def test_an_aggregate_with_a_wrong_secret_or_sum_or_model_is_refused(self):
        self.assert_refused("committed to", aggregate=lambda s: s["secrets"][1].update(secret=bytes(32)))
        self.assert_refused("another sum", aggregate=lambda s: s.update(sum_root=bytes(32)))
        relay = Relay({"aggregate": lambda s: s.update(next_model_hash=bytes(32))})
        with self.assertRaisesRegex(Refused, "another model"):
            relay.play()
        with self.assertRaisesRegex(Refused, "not trained again"):
            relay.partners[0].accept_invitation(relay.invitation(round_no=2))


if __name__ == "__main__":
    unittest.main()
