"""Makes tests/golden/masking.json: `python3 tests/golden/golden_vectors.py` prints it, with --write it is replaced.

Secrets in it are hashes of labels.
"""
import json
import pathlib
import struct
import sys

import rotation
import sparse_graph
from reference import (combine, commitment, gcm_seal, mask_words, merkle_root, pack, pair_mask_key, round_context,
                       self_mask_key, sha256, shamir_split, share_hash, share_key, signature_input, u1_hash, u2_hash, u3_hash,
                       u32, wire, x25519, x25519_public)
from shared_model import Model, mean_update, quantise_metric

GOLDEN = pathlib.Path(__file__).resolve().parent / "masking.json"


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


def transcript_vectors():
    blobs = [label("blob 1", 70), label("blob 2", 71)]
    payload, federation_id, u2 = label("payload", 50), label("federation"), label("U2")
    return {"federation_id": federation_id.hex(), "payload": payload.hex(),
            "signature_input": signature_input(b"u1", federation_id, payload).hex(),
            "round_context": round_context(payload).hex(), "blobs": [blob.hex() for blob in blobs],
            "u1_hash": u1_hash(RCTX, blobs).hex(), "u2_hash": u2_hash(RCTX, L1, blobs).hex(), "u2": u2.hex(),
            "u3_hash": u3_hash(RCTX, L1, u2, blobs).hex(),
            "share": label("share", 40).hex(),
            "share_hash_b": share_hash(RCTX, b"b", 3, 9, label("share", 40)).hex(),
            "share_hash_m": share_hash(RCTX, b"m", 3, 9, label("share", 40)).hex()}


PLAN = {"model": {"seed": 7, "table_rows": 256, "token_width": 8, "width": 8},
        "server": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.99, "tau": 0.003, "decay_rounds": 1}}


def model_vector():
    """Two rounds from the initial model; in each the sum's lane i is a number made of i and the round."""
    limit, bits, lane_bits, weights = 0.1, 20, 32, [1.0, 0.25, 0.7]
    plan_hash = label("plan")
    model = Model.initial(PLAN, plan_hash)
    size = len(model.parameters)
    names = [model.name().hex()]
    sums = []
    for number in (1, 2):
        metrics = [sum(lanes) for lanes in zip(quantise_metric(0.5, bits) + quantise_metric(0.125, bits),
                                               quantise_metric(0.75, bits) + quantise_metric(None, bits))]
        lanes = [(i * 2654435761 * number) % 2000001 - 1000000 for i in range(size)]
        model = model.step(mean_update(lanes, weights, limit, bits), PLAN["server"])
        names.append(model.name().hex())
        sums.append(sha256(wire(pack(lanes + metrics, lane_bits))).hex())
    return {"plan": PLAN, "plan_hash": plan_hash.hex(), "range": limit, "bits": bits, "lane_bits": lane_bits,
            "weights": weights, "parameters": size, "evaluation_lanes": metrics, "sum_sha256": sums, "model_hashes": names}


def rotation_vectors():
    """Of 2^16 + 21 whole numbers: a whole block, then 16, 4 and 1."""
    for count in (1, 21, 300, 2**16 + 21):
        values = [float(i * 2654435761 % 2001 - 1000) for i in range(count)]
        packed = lambda numbers: sha256(struct.pack(f"<{count}d", *numbers)).hex()
        yield {"count": count, "rotated_sha256": packed(rotation.rotate(values, RCTX)),
               "undone_sha256": packed(rotation.undo(values, RCTX)),
               "range_of_clip_4": rotation.automatic_range(4.0, count)}


def graph_vectors():
    for n, f, n_min, dropout in ((24, 1, 22, 0.0), (60, 1, 31, 0.1), (100, 25, 80, 0.0), (200, 10, 150, 0.05), (1000, 50, 526, 0.1),
                                 (2000, 100, 1051, 0.05)):
        k, t = sparse_graph.find(n, f, n_min, dropout) or (0, 0)
        yield {"n": n, "f": f, "n_min": n_min, "dropout": dropout, "degree": k, "shamir": t}


def golden():
    return {"rctx": RCTX.hex(), "l1": L1.hex(), "transcript": transcript_vectors(), "packing": list(packing_vectors()), "pair_keys": list(pair_vectors()),
            "self_keys": list(self_vectors()), "masks": list(mask_vectors()), "leaves": list(leaf_vectors()),
            "shamir": list(shamir_vectors()), "merkle": list(merkle_vectors()), "round": round_vector(),
            "rotations": list(rotation_vectors()), "sparse_graphs": list(graph_vectors()), "model": model_vector()}


def text():
    return json.dumps(golden(), indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        GOLDEN.write_text(text())
    else:
        sys.stdout.write(text())
