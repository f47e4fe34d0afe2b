"""A second client, written from docs/protocol.md: the rules of one partner, without input or output.

Small and slow, for tests only: it keeps nothing on disk, so a process must never go back into an attempt it has sent
anything in. Messages are bytes as they travel; whatever breaks a rule is Refused. The masks, shares and packing are those of
reference.py; signatures come from python3-cryptography.
"""
import math
import os
import random
import tomllib
from base64 import b64decode

import reference as maths
import rotation
import sparse_graph
import wire_format as wire
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from packed_lanes import PackedLanes, keystream
from plan import parse_plan
from reference import sha256, u32
from shared_model import Model, mean_update, tensors
from wire_format import COORDINATOR, Refused

CHUNK = 64 * 1024
EVALUATION_LANES = 4
COMPLETE, SPARSE = 1, 2


def require(holds, otherwise):
    if not holds:
        raise Refused(otherwise)


# Signatures.

def sign(key, message):
    return key.sign(message, ec.ECDSA(hashes.SHA256())) if isinstance(key, ec.EllipticCurvePrivateKey) else key.sign(message)


def verify(key, signature, message):
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        raise Refused("a signature does not verify") from None


class Roster:
    def __init__(self, text):
        table = tomllib.loads(text.decode())
        public_key = lambda entry: serialization.load_der_public_key(b64decode(entry["signing_key"], validate=True))
        self.hash = sha256(text)
        self.federation_id = bytes.fromhex(table["federation_id"])
        self.ids = [partner["id"] for partner in table["partner"]]
        self.weights = [float(partner.get("weight", 1.0)) for partner in table["partner"]]
        self.keys = dict(enumerate(map(public_key, table["partner"])))
        self.keys[COORDINATOR] = public_key(table["coordinator"])

    def signed_bytes(self, label, payload):
        return maths.signature_input(label, self.federation_id, payload)

    def sign(self, label, key, signer, payload):
        signature = sign(key, self.signed_bytes(label, payload))
        return wire.SIGNED_BLOB.encode(payload=payload, signer=signer, signature=signature)

    def open(self, label, signer, blob):
        """The payload; `signer` None: whoever the blob names. Returns (signer, payload)."""
        blob = wire.SIGNED_BLOB.decode(blob)
        require(signer in (None, blob.signer) and blob.signer in self.keys, "signed by another than the one it must be from")
        require(len(blob.signature) <= 128, "a signature is too long")
        verify(self.keys[blob.signer], blob.signature, self.signed_bytes(label, blob.payload))
        return blob.signer, blob.payload

    def open_set(self, label, members, blobs, message):
        """{signer: (blob, decoded)} of a list of blobs in roster order, signed by members."""
        opened = {}
        for blob in blobs:
            signer, payload = self.open(label, None, blob)
            require(signer in members, "a signer is not a member")
            require(not opened or signer > max(opened), "a set is not in roster order")
            opened[signer] = blob, message.decode(payload)
        return opened


# Docs/protocol.md §6.

def thresholds(n, f_max, min_participants):
    """t, T, n_min."""
    certify = (n + f_max) // 2 + 1
    return max(f_max + 1, n // 2 + 1), certify, max(certify, min_participants)


def colluding(n, share):
    return max(1, math.floor(share * n))


# Docs/protocol.md §7.

def lane_holds(lane, bits, n):
    return bits + (n - 1).bit_length() + 1 <= lane


def least_lane(bits, n):
    return next((lane for lane in (8, 12, 16) if lane_holds(lane, bits, n)), 32)


# Docs/protocol.md §5.

def agree(secret, public):
    shared = maths.x25519(secret, public)
    require(any(shared), "a public key is of small order")
    return shared


def vector_bytes(dimension, lane_bits):
    return -(-dimension // (64 // lane_bits)) * 8


def chunks_of(vector):
    return [vector[at:at + CHUNK] for at in range(0, len(vector), CHUNK)]


class Partner:
    """What a partner remembers over rounds: its pins, its model, its latches."""

    def __init__(self, name, roster_text, signing_key_pem, plan_text, min_participants=3, min_colluding=0.25,
                 honest_survivors=2):
        self.roster = Roster(roster_text)
        self.number = self.roster.ids.index(name)
        self.signing_key = serialization.load_pem_private_key(signing_key_pem, None)
        self.plan_hash, self.plan = sha256(plan_text), parse_plan(plan_text)
        self.min_participants, self.min_colluding, self.honest_survivors = min_participants, min_colluding, honest_survivors
        self.latest = (0, 0)
        self.cohort_of_round = {}
        self.distrusted = set()
        self.signed = {}  # {model hash: U3 hash}
        self.model = Model.initial(self.plan, self.plan_hash)

    def judge(self, descriptor, plan_text):
        """Docs/protocol.md §3, in its order."""
        d, roster, update, rounds = descriptor, self.roster, self.plan["update"], self.plan["round"]
        n, identity = len(d.cohort), (d.round_no, d.attempt)
        require(d.suite == 1, "another suite")
        require(d.graph in (COMPLETE, SPARSE), "another graph")
        require(d.federation_id == roster.federation_id and d.roster_hash == roster.hash, "another federation or roster")
        require(len(d.run_id) <= 64 and all(c in b"0123456789abcdefghijklmnopqrstuvwxyz-" for c in d.run_id), "run_id")
        require(1 <= d.round_no <= 10**12 and d.attempt >= 1, "round_no or attempt")
        require(n >= 3 and d.cohort[-1] < len(roster.ids), "the cohort")
        require(1 <= d.f_max < n and d.n_min <= n, "f_max or n_min")
        require(d.lane in (8, 12, 16, 32) and 2 <= d.bits <= 31, "lane or bits")
        require(lane_holds(d.lane, d.bits, n), "a sum does not fit a lane")
        require(sha256(plan_text) == d.plan_hash == self.plan_hash, "another plan")
        require(self.number in d.cohort, "not in the cohort")
        require(self.cohort_of_round.get(d.round_no, d.cohort) == d.cohort, "two cohorts of one round")
        require(identity > self.latest, "an attempt that is not new")
        parameters = sum(count for _, count, _, _ in tensors(self.plan["model"]))
        automatic_range = rotation.automatic_range(update["clip"], parameters) if update["rotation"] else 0.1
        require((d.clip, d.bits, d.rotation) == (update["clip"], update["bits"], update["rotation"]), "update")
        require(d.range == (update["range"] or automatic_range), "range")
        require(d.lane == (update["lane"] or least_lane(d.bits, n)), "lane")
        require(d.dimension == parameters + EVALUATION_LANES, "dimension")
        offered = d.shamir_threshold, d.certify_threshold, d.n_min
        require(d.f_max == colluding(n, rounds["max_colluding"]), "f_max")
        complete_t, certify, n_min = thresholds(n, d.f_max, rounds["min_participants"])
        graph, degree, t = sparse_graph.choose(n, d.f_max, complete_t, n_min, rounds["expected_dropout"],
                                               vector_bytes(d.dimension, d.lane), rounds["mask_work_gigabytes"] * 1e9)
        require(offered == (t, certify, n_min), "thresholds")
        require((d.graph, d.degree) == (graph, degree), "graph")
        own_f = colluding(n, self.min_colluding)
        own = thresholds(n, own_f, self.min_participants)
        require(n >= self.min_participants and d.f_max >= own_f, "weaker than this partner's policy")
        # That of a sparse graph was found for no fewer colluders than our own rule names.
        judged = 0 if d.graph == COMPLETE else 1
        require(all(a >= b for a, b in zip(offered[judged:], own[judged:])), "weaker than this partner's policy")
        require(d.f_max + self.honest_survivors <= n, "weaker than this partner's policy")
        require(d.run_id not in self.distrusted and d.model_hash not in self.signed, "this model or run is not trained again")
        require(d.model_hash == self.model.name(), "another model than the one computed here")

    def accept_invitation(self, message):
        invitation = wire.INVITATION.decode(message)
        _, payload = self.roster.open(b"descriptor", COORDINATOR, invitation.round_descriptor)
        descriptor = wire.ROUND_DESCRIPTOR.decode(payload)
        self.judge(descriptor, invitation.plan)
        self.latest = descriptor.round_no, descriptor.attempt
        self.cohort_of_round[descriptor.round_no] = descriptor.cohort
        return Attempt(self, descriptor, maths.round_context(payload))

    def apply(self, attempt, aggregate, lanes):
        """The sum of an attempt, already checked against the aggregate."""
        weights = [self.roster.weights[u] for u in sorted(attempt.u3)]
        mean = mean_update(lanes[:-EVALUATION_LANES], weights, attempt.descriptor.range, attempt.descriptor.bits)
        if attempt.descriptor.rotation:
            mean = rotation.undo(mean, attempt.rctx, keystream)
        following = self.model.step(mean, self.plan["server"])
        if following.name() != aggregate.next_model_hash:
            self.distrusted.add(attempt.descriptor.run_id)
            raise Refused("the coordinator announced another model than its aggregate leads to")
        self.model = following


class Attempt:
    """Docs/protocol.md §4. Methods in the order of the phases; each takes the coordinator's message and gives the answer."""

    def __init__(self, partner, descriptor, rctx):
        self.partner, self.roster, self.descriptor, self.rctx = partner, partner.roster, descriptor, rctx
        self.me = partner.number
        self.e, self.m, self.b = os.urandom(32), os.urandom(32), os.urandom(32)
        self.e_public, self.m_public = maths.x25519_public(self.e), maths.x25519_public(self.m)

    def signed(self, label, payload):
        return self.roster.sign(label, self.partner.signing_key, self.me, payload)

    def open_from_coordinator(self, label, blob, message):
        opened = message.decode(self.roster.open(label, COORDINATOR, blob)[1])
        require(opened.rctx == self.rctx, "a message of another round")
        return opened

    # Phase 1.

    def advertise_keys(self):
        self.keys_message = self.signed(b"advertise-keys", wire.ADVERTISE_KEYS.encode(
            rctx=self.rctx, partner=self.me, e_pk=self.e_public, m_pk=self.m_public, nonce=os.urandom(32), vouches=True))
        return self.keys_message

    def accept_key_set(self, message):
        key_set = self.open_from_coordinator(b"u1", message, wire.KEY_SET)
        require(all(len(blob) <= 1024 for blob in key_set.messages), "a message is too long")
        opened = self.roster.open_set(b"advertise-keys", self.descriptor.cohort, key_set.messages, wire.ADVERTISE_KEYS)
        seen = set()
        for partner, (_, keys) in opened.items():
            require(keys.rctx == self.rctx and keys.partner == partner, "keys for another round or partner")
            require(keys.e_pk != keys.m_pk and not seen & {keys.e_pk, keys.m_pk}, "a key stands twice")
            seen |= {keys.e_pk, keys.m_pk}
        require(self.me in opened and opened[self.me][0] == self.keys_message, "our own keys are missing or were changed")
        require(len(opened) >= self.descriptor.n_min, "U1 is too small")
        self.u1 = {partner: keys for partner, (_, keys) in opened.items()}
        self.l1 = maths.u1_hash(self.rctx, key_set.messages)

    # Phase 2.

    def share_keys(self, key_set):
        self.accept_key_set(key_set)
        holders = self.draw_neighbours()
        leaves, t = [], self.descriptor.shamir_threshold
        xs = [holder + 1 for holder in holders]
        # Enough bytes that running out by redrawing is impossible in practice.
        split = lambda secret: maths.shamir_split(secret, t, xs, os.urandom(40 * t + 80))
        for v, share_b, share_m in zip(holders, split(self.b), split(self.m)):
            key = maths.share_key(self.rctx, self.l1, self.me, v, self.e_public, self.u1[v].e_pk, agree(self.e, self.u1[v].e_pk))
            leaves.append(wire.SHARE_LEAF.encode(
                recipient=v, hash_b=maths.share_hash(self.rctx, b"b", self.me, v, share_b),
                hash_m=maths.share_hash(self.rctx, b"m", self.me, v, share_m),
                sealed=maths.gcm_seal(key, bytes(12), self.associated(self.me, v), share_b + share_m)))
        self.shares_header = self.signed(b"share-keys", wire.SHARE_KEYS_HEADER.encode(
            rctx=self.rctx, l1=self.l1, partner=self.me, neighbours=holders,
            commitment=maths.commitment(self.rctx, self.me, self.b), leaf_root=maths.merkle_root(leaves)))
        return wire.SHARE_KEYS.encode(header=self.shares_header, leaves=leaves)

    def draw_neighbours(self):
        if self.descriptor.graph == COMPLETE:
            return list(self.u1)
        others = [partner for partner in self.u1 if partner != self.me]
        return sorted(random.SystemRandom().sample(others, min(self.descriptor.degree, len(others))))

    def may_have_drawn(self, dealer, neighbours):
        if self.descriptor.graph == COMPLETE:
            return neighbours == list(self.u1)
        count = min(self.descriptor.degree, len(self.u1) - 1)
        return len(neighbours) == count and set(neighbours) <= set(self.u1) - {dealer}

    def associated(self, u, v):
        return self.rctx + self.l1 + u32(u) + u32(v)

    def open_leaf(self, dealer, data):
        """The two shares; None where the dealer is to blame."""
        try:
            leaf = wire.SHARE_LEAF.decode(data)
            require(leaf.recipient == self.me, "for another")
            dealers_key = self.u1[dealer].e_pk
            key = maths.share_key(self.rctx, self.l1, dealer, self.me, dealers_key, self.e_public, agree(self.e, dealers_key))
            both = maths.gcm_open(key, bytes(12), self.associated(dealer, self.me), leaf.sealed)
            require(both, "it does not open")
            shares = {b"b": both[:40], b"m": both[40:]}
            for kind, expected in ((b"b", leaf.hash_b), (b"m", leaf.hash_m)):
                require(maths.share_hash(self.rctx, kind, dealer, self.me, shares[kind]) == expected, "another share")
            return shares
        except Refused:
            return None

    def accept_share_package(self, message):
        package = wire.SHARE_PACKAGE.decode(message)
        headers = self.open_from_coordinator(b"u2", package.header_set, wire.HEADER_SET)
        require(headers.l1 == self.l1, "another U1")
        opened = self.roster.open_set(b"share-keys", self.u1, headers.headers, wire.SHARE_KEYS_HEADER)
        for dealer, (_, header) in opened.items():
            require(header.rctx == self.rctx and header.l1 == self.l1, "a dealer saw another U1")
            require(header.partner == dealer and self.may_have_drawn(dealer, header.neighbours), "another dealer or other holders")
        require(len(opened) >= self.descriptor.n_min, "U2 is too small")
        require(self.me in opened and opened[self.me][0] == self.shares_header, "our own header is missing or was changed")
        self.u2 = {dealer: header for dealer, (_, header) in opened.items()}
        self.u2_hash = maths.u2_hash(self.rctx, self.l1, headers.headers)
        self.accept_leaves(package.leaves)

    def accept_leaves(self, leaves):
        self.shares, self.complaints = {}, []
        dealers = [dealer for dealer, header in self.u2.items() if self.me in header.neighbours]
        require([leaf.dealer for leaf in leaves] == dealers, "not one leaf of each dealer that drew us")
        for leaf in leaves:
            header = self.u2[leaf.dealer]
            require(len(leaf.leaf) <= 256 and len(leaf.proof) <= 32, "a leaf or proof is too long")
            place = header.neighbours.index(self.me)
            root = maths.merkle_root_from(leaf.leaf, place, len(header.neighbours), leaf.proof)
            require(root == header.leaf_root, "a leaf that its dealer did not sign")
            shares = self.open_leaf(leaf.dealer, leaf.leaf)
            if shares:
                self.shares[leaf.dealer] = shares
            else:
                self.complaints.append(leaf.dealer)

    # Phase 3.

    def masked_update(self, package, lanes):
        """The header, and the vector of `lanes`, masked."""
        self.accept_share_package(package)
        d = self.descriptor
        require(len(lanes) == d.dimension, "another dimension")
        masks = [(maths.self_mask_key(self.rctx, self.l1, self.me, self.b), True)]
        for other in self.u2:
            if self.share_a_mask(self.me, other):
                masks.append((self.pair_mask_key(self.me, self.m, other), self.me < other))
        vector = maths.wire(maths.pack(lanes, d.lane))
        packing = PackedLanes(d.lane, len(vector) // 8)
        words = packing.read(vector)
        for key, added in masks:
            words = (packing.add if added else packing.subtract)(words, packing.mask(key, 0))
        vector = packing.write(words)
        self.update_header = self.signed(b"masked-update", wire.MASKED_UPDATE_HEADER.encode(
            rctx=self.rctx, l1=self.l1, u2_hash=self.u2_hash, partner=self.me, dimension=d.dimension,
            vector_root=maths.merkle_root(chunks_of(vector)), complaints=self.complaints))
        return self.update_header, vector

    def share_a_mask(self, u, v):
        return u != v and (v in self.u2[u].neighbours or u in self.u2[v].neighbours)

    def pair_mask_key(self, u, secret, v):
        """From u's secret key."""
        u_public, v_public = self.u1[u].m_pk, self.u1[v].m_pk
        return maths.pair_mask_key(self.rctx, self.l1, u, v, u_public, v_public, agree(secret, v_public))

    # Phase 4.

    def certify(self, survivor_set):
        """The statement, or None where our upload came too late."""
        d = self.descriptor
        survivors = self.open_from_coordinator(b"u3", survivor_set, wire.SURVIVOR_SET)
        require(survivors.l1 == self.l1 and survivors.u2_hash == self.u2_hash, "another U1 or U2")
        opened = self.roster.open_set(b"masked-update", self.u2, survivors.headers, wire.MASKED_UPDATE_HEADER)
        for partner, (_, header) in opened.items():
            require((header.rctx, header.l1, header.u2_hash) == (self.rctx, self.l1, self.u2_hash), "a survivor saw another U2")
            require(header.partner == partner and header.dimension == d.dimension, "another partner or dimension")
        require(self.me not in opened or opened[self.me][0] == self.update_header, "our own header was changed")
        require(len(opened) >= max(d.n_min, d.f_max + self.partner.honest_survivors), "U3 is too small")
        if d.graph == SPARSE:
            for partner in opened:
                drawn = self.u2[partner].neighbours
                require(len(set(drawn) & set(opened)) >= sparse_graph.living_needed(len(drawn)), "U3 cuts a survivor off")
        self.u3 = set(opened)
        self.vector_roots = {partner: header.vector_root for partner, (_, header) in opened.items()}
        self.u3_hash = maths.u3_hash(self.rctx, self.l1, self.u2_hash, survivors.headers)
        if self.me not in self.u3:
            return None
        model = d.model_hash
        require(self.partner.signed.setdefault(model, self.u3_hash) == self.u3_hash, "another U3 was signed on this model")
        return self.signed(b"certify", wire.SURVIVOR_STATEMENT.encode(rctx=self.rctx, u3_hash=self.u3_hash))

    # Phase 5.

    def check_certificate(self, message):
        certificate = self.open_from_coordinator(b"certificate", message, wire.CERTIFICATE)
        require(certificate.u3_hash == self.u3_hash, "a certificate of another U3")
        opened = self.roster.open_set(b"certify", self.u3, certificate.statements, wire.SURVIVOR_STATEMENT)
        for _, statement in opened.values():
            require(statement.rctx == self.rctx and statement.u3_hash == self.u3_hash, "a signature on another U3")
        require(len(opened) >= self.descriptor.certify_threshold, "too few signatures")

    def unmask(self, certificate):
        self.check_certificate(certificate)
        revealed = [{"dealer": dealer, "share": shares[b"b" if dealer in self.u3 else b"m"]}
                    for dealer, shares in self.shares.items()]
        return self.signed(b"unmask", wire.UNMASK_SHARES.encode(rctx=self.rctx, u3_hash=self.u3_hash, shares=revealed))

    def accept_aggregate(self, message, packed_sum):
        """The aggregate, and the sum's lanes."""
        aggregate = self.open_from_coordinator(b"aggregate", message, wire.AGGREGATE)
        require(aggregate.u3_hash == self.u3_hash, "an aggregate of another U3")
        self.check_certificate(aggregate.certificate)
        require(maths.merkle_root(chunks_of(packed_sum)) == aggregate.sum_root, "another sum than the one that was signed")
        require([secret.partner for secret in aggregate.secrets] == list(self.u2), "not one secret for each of U2")
        for revealed in aggregate.secrets:
            u = revealed.partner
            if u in self.u3:
                held = maths.commitment(self.rctx, u, revealed.secret) == self.u2[u].commitment
            else:
                held = maths.x25519_public(revealed.secret) == self.u1[u].m_pk
            require(held, "a published secret is not what its owner committed to")
        return aggregate, self.lanes_of(packed_sum)

    # The audit.

    def audit(self, aggregate, packed_sum, chunk, ask):
        """One chunk of the accepted sum against the uploads; ask(after) gives the coordinator's answers."""
        d, missing, after = self.descriptor, sorted(self.u3), None
        count, expected = len(chunks_of(packed_sum)), chunks_of(packed_sum)[chunk]
        packing, total = PackedLanes(d.lane, len(expected) // 8), 0
        while missing:
            answer = self.open_from_coordinator(b"audit", ask(after), wire.AUDIT_ANSWER)
            asked = self.u3_hash, chunk, after
            require((answer.u3_hash, answer.chunk, answer.after) == asked, "audit_answer: beside the question")
            served = [upload.partner for upload in answer.uploads]
            require(served and served == missing[:len(served)], "audit_answer: a survivor is missing")
            for upload in answer.uploads:
                root = maths.merkle_root_from(upload.bytes, chunk, count, upload.proof)
                require(root == self.vector_roots[upload.partner], "audit_proof: not under the root that its sender signed")
                words = packing.read(upload.bytes)
                require(words is not None, "audit_proof: another length, or a bit that belongs to no lane")
                total = packing.add(total, words)
            missing, after = missing[len(served):], served[-1]
        for revealed in aggregate.secrets:
            for key, added in self.masks_left_by(revealed.partner, revealed.secret):
                total = (packing.subtract if added else packing.add)(total, packing.mask(key, chunk * CHUNK // 8))
        require(packing.write(total) == expected, "audit_sum: the sum is not that of the uploads")

    def masks_left_by(self, u, secret):
        """What the sum of the survivors' vectors still holds because of u: [(key, whether it was added)]."""
        if u in self.u3:
            return [(maths.self_mask_key(self.rctx, self.l1, u, secret), True)]
        return [(self.pair_mask_key(u, secret, v), v < u) for v in sorted(self.u3) if self.share_a_mask(u, v)]

    def lanes_of(self, packed_sum):
        """Docs/protocol.md §7, the sum."""
        d = self.descriptor
        require(len(packed_sum) == vector_bytes(d.dimension, d.lane), "a sum of another length")
        words = maths.unwire(packed_sum)
        lanes = maths.unpack(words, d.lane)
        require(maths.pack(lanes, d.lane) == words and not any(lanes[d.dimension:]), "what belongs to no lane is not zero")
        bound = len(self.u3) << (d.bits - 1)
        require(all(-bound <= lane <= bound for lane in lanes), "a lane is out of range")
        return lanes[:d.dimension]
