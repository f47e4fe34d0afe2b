"""The model of docs/protocol.md §7 and §8: the initial one, its name, and one step from the sum of a round.

Python's floats are IEEE doubles and it fuses nothing, so the same bits come out as everywhere else.
"""
import math
import struct

from reference import sha256

U64 = 2**64 - 1
GOLDEN_RATIO = 0x9E3779B97F4A7C15


def binary32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def mix(z):
    z ^= z >> 30
    z = z * 0xBF58476D1CE4E5B9 & U64
    z ^= z >> 27
    z = z * 0x94D049BB133111EB & U64
    return z ^ z >> 31


def fnv(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & U64
    return value


def tensors(model):
    """(name, values, bound, start) of each tensor, from the plan's [model]."""
    rows, k, d = model["table_rows"], model["token_width"], model["width"]
    inputs, person, m, n = 5 * d + 48, d + 48, max(8, d // 16 * 8), max(8, d // 32 * 8)

    def matrix(name, outputs, columns, gain=1.0):
        return (name, outputs * columns, gain * math.sqrt(3.0 / columns), 0)

    def zeros(name, count, start=0):
        return (name, count, 0, start)

    def gru(name):
        return [matrix(name + ".input", 3 * d, d, 0.6), matrix(name + ".recurrent", 3 * d, d, 0.6),
                zeros(name + ".bias", 3 * d), zeros(name + ".candidate", d)]

    def hidden(name, outputs, columns):
        return [matrix(name + ".weight", outputs, columns, 1.4), zeros(name + ".bias", outputs),
                zeros(name + ".slope", outputs, 0.25)]

    small = [("event.type", 32), ("event.gap", 17), ("event.amount", 17), ("event.hour", 25), ("event.weekday", 8),
             ("event.channel", 8)]
    return [("token.table", rows * k, 0.5, 0), matrix("token.projection", d, k),
            *((name, count * d, 0.1, 0) for name, count in small),
            zeros("event.norm.gain", d, 1), zeros("event.norm.bias", d), *gru("interest"), ("key.age", 17 * d, 0.1, 0),
            matrix("attention.target", m, d), matrix("attention.step", m, 2 * d), zeros("attention.bias1", m),
            matrix("attention.second", n, m), zeros("attention.bias2", n), matrix("attention.score", 1, n),
            zeros("attention.offset", 1), *gru("evolution"), matrix("person.queries", 4, d),
            matrix("person.weight", d, 4 * d), zeros("person.bias", d), matrix("next.item", d, d),
            matrix("next.kind", 66, d, 0.3), zeros("next.kind.bias", 66), matrix("demand.person", d, d),
            matrix("demand.text", d, k), ("horizon", 8 * 8, 0.1, 0), *hidden("hidden1", 2 * d, inputs),
            *hidden("hidden2", d, 2 * d), matrix("logit.weight", 1, d, 0.3), zeros("logit.bias", 1),
            *hidden("outlook", d, person), matrix("outlook.outputs", 11, d, 0.3), zeros("outlook.outputs.bias", 11)]


class Model:
    def __init__(self, plan_hash, parameters, first, second, steps):
        self.plan_hash, self.parameters, self.first, self.second, self.steps = plan_hash, parameters, first, second, steps

    @staticmethod
    def initial(plan, plan_hash):
        parameters = []
        for name, count, bound, start in tensors(plan["model"]):
            key = mix(mix(plan["model"]["seed"] + GOLDEN_RATIO & U64) ^ fnv(name))
            bound, start = binary32(bound), binary32(start)
            for i in range(count):
                unit = (mix(key + (i + 1) * GOLDEN_RATIO & U64) >> 11) * 2.0**-53
                parameters.append(binary32(start + (2 * unit - 1) * bound))
        size, tau = len(parameters), plan["server"]["tau"]
        return Model(plan_hash, parameters, [0.0] * size, [binary32(tau * tau)] * size, 0)

    def name(self):
        vectors = b"".join(struct.pack(f"<{len(v)}f", *v) for v in (self.parameters, self.first, self.second))
        return sha256(b"bauta/v1/model", self.plan_hash, self.steps.to_bytes(8, "big"),
                      len(self.parameters).to_bytes(8, "big"), vectors)

    def step(self, mean, server):
        beta1, beta2 = server["beta1"], server["beta2"]
        rate = server["learning_rate"]
        if server["decay_rounds"]:
            rate *= max(server["decay_rounds"] - self.steps, 1) / server["decay_rounds"]
        parameters, firsts, seconds = [], [], []
        for x, m, v, delta in zip(self.parameters, self.first, self.second, mean, strict=True):
            first = beta1 * m + (1.0 - beta1) * delta
            second = beta2 * v + (1.0 - beta2) * (delta * delta)
            parameters.append(binary32(x + rate * first / (math.sqrt(second) + server["tau"])))
            firsts.append(binary32(first))
            seconds.append(binary32(second))
        return Model(self.plan_hash, parameters, firsts, seconds, self.steps + 1)


def largest(bits):
    return 2**(bits - 1) - 1


def quantise(weighted, limit, bits, draw):
    """Integers of the weighted (and rotated) update; draw() is uniform in [0, 1)."""
    top = largest(bits)
    lanes = []
    for value in weighted:
        scaled = min(max(value * top / limit, -top), top)
        lanes.append(math.floor(scaled) + (draw() < scaled - math.floor(scaled)))
    return lanes


def quantise_metric(value, bits):
    """The two lanes of a metric; value is None where it was not measured."""
    if value is None:
        return [0, 0]
    return [math.floor(min(max(value, 0.0), 1.0) * largest(bits) + 0.5), largest(bits)]


def mean_update(lanes, weights, limit, bits):
    """`lanes` without the evaluation lanes; `weights` of the survivors in roster order."""
    total = 0.0
    for weight in weights:
        total += weight
    return [lane * limit / largest(bits) / total for lane in lanes]
