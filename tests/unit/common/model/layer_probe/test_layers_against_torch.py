"""Every layer of common/model/layers, forward and back, on random cases against PyTorch in double.

Skipped where python3-torch is not installed. BAUTA_LAYER_PROBE names the program that runs the layers.
"""
import json
import os
import subprocess
import unittest

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None

TOLERANCE = 1e-9  # relative to the largest element of a tensor
FLOAT_TOLERANCE = 2e-6  # Adam works in single precision
LENGTHS = [2, 7, 0, 3, 7, 1]


def random(*shape):
    """A leaf in double."""
    return torch.randn(*shape, dtype=torch.double).requires_grad_()


def flat(value):
    return value.detach().reshape(-1).tolist() if torch.is_tensor(value) else value


def histories(padded):
    """The real positions of [sequences, longest, ...], sequence by sequence."""
    return torch.cat([padded[s, :length] for s, length in enumerate(LENGTHS)])


def padded(positions):
    """The way back, zeros behind each sequence's end."""
    parts = torch.split(positions, LENGTHS)
    return torch.nn.utils.rnn.pad_sequence(list(parts), batch_first=True)


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


@unittest.skipIf(torch is None, "python3-torch is not installed")
class LayersAgainstTorch(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(5)

    def probe(self, layer, **request):
        """The layer's answer: flat lists by name."""
        text = json.dumps({"layer": layer} | {name: flat(value) for name, value in request.items()})
        done = subprocess.run([os.environ["BAUTA_LAYER_PROBE"]], input=text, stdout=subprocess.PIPE, text=True,
                              check=True)
        return json.loads(done.stdout)

    def close(self, name, ours, theirs, tolerance=TOLERANCE):
        theirs = torch.as_tensor(theirs, dtype=torch.double).detach().reshape(-1)
        ours = torch.as_tensor(ours, dtype=torch.double).reshape(-1)
        self.assertEqual(len(ours), len(theirs), name)
        scale = theirs.abs().max().item()
        self.assertGreater(scale, 0, f"{name}: a comparison of zeros would show nothing")
        self.assertLessEqual((ours - theirs).abs().max().item(), tolerance * scale, name)

    def compare(self, answer, y, gradient, leaves):
        """`answer` against y and the gradients of (gradient · y) by the leaves."""
        y.backward(gradient)
        self.close("y", answer["y"], y)
        for name, leaf in leaves.items():
            self.close(f"gradient of {name}", answer[name], leaf.grad)

    def test_linear_prelu_and_layer_norm(self):
        weight, bias, slope, gain = random(24, 16), random(24), random(16), random(16)
        for count in (1, 5, 33):
            x, gradient, narrow = random(count, 16), torch.randn(count, 24).double(), torch.randn(count, 16).double()
            cases = [("linear", {"weight": weight, "bias": bias}, lambda: F.linear(x, weight, bias), gradient),
                     ("prelu", {"slope": slope}, lambda: torch.where(x > 0, x, slope * x), narrow),
                     ("layer_norm", {"gain": gain, "bias": random(16)}, None, narrow)]
            for layer, parameters, forward, wanted in cases:
                with self.subTest(layer=layer, count=count):
                    leaves = {**parameters, "x": x}
                    for leaf in leaves.values():
                        leaf.grad = None
                    answer = self.probe(layer, **leaves, gradient=wanted)
                    y = forward() if forward else F.layer_norm(x, (16,), parameters["gain"], parameters["bias"], 1e-5)
                    self.compare(answer, y, wanted, leaves)

    def test_gru_is_that_of_torch(self):
        hidden, width = 16, 24
        layer = torch.nn.GRU(width, hidden, batch_first=True).double()
        x = random(sum(LENGTHS), width)
        gradient = torch.randn(sum(LENGTHS), hidden).double()
        with torch.no_grad():
            layer.bias_hh_l0[:2 * hidden] = 0

        def ours(blocks):
            """PyTorch's blocks are r, z, n with two biases each, and its z is how much of the state is kept. Ours are
            z, r, n, only n has a second bias, and z is how much is replaced: 1 − σ(x) = σ(−x)."""
            r, z, n = blocks.split(hidden)
            return torch.cat([-z, r, n])

        answer = self.probe("gru", lengths=LENGTHS, input=ours(layer.weight_ih_l0), recurrent=ours(layer.weight_hh_l0),
                            bias=ours(layer.bias_ih_l0), candidate=layer.bias_hh_l0[2 * hidden:], x=x,
                            gradient=gradient)
        y = histories(layer(padded(x))[0])
        y.backward(gradient)
        self.close("y", answer["y"], y)
        self.close("x", answer["x"], x.grad)
        self.close("input", answer["input"], ours(layer.weight_ih_l0.grad))
        self.close("recurrent", answer["recurrent"], ours(layer.weight_hh_l0.grad))
        self.close("bias", answer["bias"], ours(layer.bias_ih_l0.grad))
        self.close("candidate", answer["candidate"], layer.bias_hh_l0.grad[2 * hidden:])

    def test_augru_is_its_equation(self):
        hidden, width = 8, 16
        leaves = {"input": random(3 * hidden, width), "recurrent": random(3 * hidden, hidden),
                  "bias": random(3 * hidden), "candidate": random(hidden), "x": random(sum(LENGTHS), width),
                  "attention": torch.rand(sum(LENGTHS), 1).double().requires_grad_()}
        gradient = torch.randn(sum(LENGTHS), hidden).double()
        answer = self.probe("gru", lengths=LENGTHS, gradient=gradient, **leaves)
        x, a = padded(leaves["x"]), padded(leaves["attention"])
        input_z, input_r, input_n = (x @ leaves["input"].T + leaves["bias"]).split(hidden, dim=-1)
        h, states = torch.zeros(len(LENGTHS), hidden).double(), []
        for t in range(max(LENGTHS)):
            of_z, of_r, of_n = (h @ leaves["recurrent"].T).split(hidden, dim=-1)
            z, r = torch.sigmoid(input_z[:, t] + of_z), torch.sigmoid(input_r[:, t] + of_r)
            n = torch.tanh(input_n[:, t] + r * (of_n + leaves["candidate"]))
            u = a[:, t] * z
            h = (1 - u) * h + u * n
            states.append(h)
        self.compare(answer, histories(torch.stack(states, 1)), gradient, leaves)

    def test_attention_unit_is_the_perceptron_over_q_k_difference_and_product(self):
        width, hidden1, hidden2 = 8, 16, 8
        for mode in ("raw", "sigmoid", "softmax"):
            with self.subTest(mode=mode):
                # The layer over [q, k, q − k, q∘k] with blocks W1 … W4 is A = W1 + W3, B = W2 − W3, C = W4.
                w1, w2, w3, w4 = (random(hidden1, width) for _ in range(4))
                leaves = {"bias1": random(hidden1), "second": random(hidden2, hidden1), "bias2": random(hidden2),
                          "score": random(hidden2), "offset": random(1), "targets": random(len(LENGTHS), width),
                          "keys": random(sum(LENGTHS), width)}
                gradient = torch.randn(sum(LENGTHS)).double()
                answer = self.probe("attention_unit", lengths=LENGTHS, mode=mode, gradient=gradient, target=w1 + w3,
                                    step=torch.cat([w2 - w3, w4], 1), **leaves)
                k = leaves["keys"]
                q = leaves["targets"].repeat_interleave(torch.tensor(LENGTHS), 0)
                inputs = torch.cat([q, k, q - k, q * k], -1)
                one = torch.sigmoid(inputs @ torch.cat([w1, w2, w3, w4], 1).T + leaves["bias1"])
                two = torch.sigmoid(one @ leaves["second"].T + leaves["bias2"])
                scores = two @ leaves["score"] + leaves["offset"]
                if mode == "sigmoid":
                    scores = torch.sigmoid(scores)
                if mode == "softmax":
                    scores = torch.cat([torch.softmax(part, 0) for part in torch.split(scores, LENGTHS)])
                    del leaves["offset"]  # a softmax does not see it
                self.compare(answer, scores, gradient, leaves)
                self.close("target", answer["target"], w1.grad)
                self.close("step", answer["step"], torch.cat([w2.grad, w4.grad], 1))

    def test_query_pooling_is_scaled_product_attention_with_learned_queries(self):
        width, count = 8, 3
        queries, keys = random(count, width), random(sum(LENGTHS), width)
        gradient = torch.randn(len(LENGTHS), count * width).double()
        answer = self.probe("query_pooling", lengths=LENGTHS, width=width, queries=queries, keys=keys,
                            gradient=gradient)
        pooled = [(torch.softmax(queries @ k.T / width ** 0.5, -1) @ k).reshape(-1) for k in torch.split(keys, LENGTHS)]
        self.compare(answer, torch.stack(pooled), gradient, {"queries": queries, "keys": keys})

    def test_info_nce_is_cross_entropy_of_cosines(self):
        persons, width, weight = 6, 8, 0.7
        diagonal = list(range(persons))
        cases = [(9, [3, 0, 8, 1, 5, 3], False, []), (6, diagonal, True, []), (6, diagonal, True, [0, 1, 0, 2, 1, 3])]
        for texts, positives, both_ways, groups in cases:
            with self.subTest(texts=texts, both_ways=both_ways, groups=groups):
                p, t = random(persons, width), random(texts, width)
                answer = self.probe("info_nce", width=width, persons=p, texts=t, positives=positives,
                                    person_groups=groups, text_groups=groups, both_ways=both_ways,
                                    inverse_temperature=20, loss_weight=weight)
                scores, y = 20 * unit(p) @ unit(t).T, torch.tensor(positives)
                if groups:
                    same = torch.tensor(groups)[:, None] == torch.tensor(groups)[None]
                    scores = scores.masked_fill(same & ~torch.eye(persons, dtype=torch.bool), float("-inf"))
                loss = F.cross_entropy(scores, y, reduction="sum")
                if both_ways:
                    loss = (loss + F.cross_entropy(scores.T, y, reduction="sum")) / 2
                self.compare(answer, weight * loss, torch.tensor(1.0), {"persons": p, "texts": t})

    def test_sampled_softmax_is_cross_entropy_over_positive_and_corrected_candidates(self):
        width, items, candidates, count, weight = 8, 30, 21, 70, 0.3
        queries, table, bias = random(count, width), random(items, width), random(items)
        log_q = -3 * torch.rand(candidates).double()
        positives = torch.randint(items, (count,))
        answer = self.probe("sampled_softmax", width=width, queries=queries, items=table, bias=bias, log_q=log_q,
                            positives=positives, loss_weight=weight)
        scores = queries @ table.T + bias
        own = scores.gather(1, positives[:, None])
        itself = torch.arange(candidates) == positives[:, None]
        others = (scores[:, :candidates] - log_q).masked_fill(itself, float("-inf"))
        loss = F.cross_entropy(torch.cat([own, others], 1), torch.zeros(count, dtype=torch.long), reduction="sum")
        self.compare(answer, weight * loss, torch.tensor(1.0), {"queries": queries, "items": table, "bias": bias})

    def check_losses(self, kind, x, losses, labels, **more):
        weight = 0.4
        answer = self.probe("losses", kind=kind, width=x.shape[1], x=x, labels=labels, loss_weight=weight, **more)
        self.compare(answer, weight * losses, torch.ones(len(x)).double(), {"x": x})

    def test_losses_of_one_sample(self):
        count = 40
        with self.subTest("logistic"):
            x, labels = random(count, 1), torch.randint(2, (count,)).double()
            losses = F.binary_cross_entropy_with_logits(x[:, 0], labels, reduction="none")
            self.check_losses("logistic", x, losses, labels)
        with self.subTest("class"):
            x, labels = random(count, 5), torch.randint(5, (count,))
            self.check_losses("class", x, F.cross_entropy(x, labels, reduction="none"), labels)
        with self.subTest("hazard"):
            x, labels, seen = random(count, 6), torch.randint(6, (count,)), torch.randint(2, (count,))
            hazard = torch.sigmoid(x)
            survived = torch.cat([torch.ones(count, 1).double(), torch.cumprod(1 - hazard, 1)], 1)
            before = survived.gather(1, labels[:, None])[:, 0]
            event = hazard.gather(1, labels[:, None])[:, 0]
            likelihood = torch.where(seen == 1, before * event, before)
            self.check_losses("hazard", x, -torch.log(likelihood), labels, seen=seen)
        with self.subTest("zero-inflated log-normal"):
            x = random(count, 3)
            with torch.no_grad():
                x[:6] *= 20  # beyond the bounds of μ and log σ
            labels = torch.where(torch.rand(count) < 0.5, torch.zeros(count), torch.exp(torch.randn(count))).double()
            known = labels.clamp(min=1e-300)
            density = torch.distributions.LogNormal(x[:, 1].clamp(-12, 12), x[:, 2].clamp(-2, 2).exp()).log_prob(known)
            log_likelihood = torch.where(labels > 0, F.logsigmoid(x[:, 0]) + density, F.logsigmoid(-x[:, 0]))
            self.check_losses("ziln", x, -log_likelihood, labels)

    def test_embedding_bag_is_a_mean_of_signed_rows(self):
        rows, width = 600, 16
        table = random(rows, width)
        bags = [torch.randint(rows, (size,)).tolist() for size in (3, 1, 0, 12, 40)]
        signs = [[1 - 2 * int(s) for s in torch.randint(2, (len(bag),))] for bag in bags]
        codes = [[2 * row + (sign < 0) for row, sign in zip(*pair)] for pair in zip(bags, signs)]
        wanted = [4, 0, 1, 2, 3, 0, 4]
        gradient = torch.randn(len(wanted), width).double()
        answer = self.probe("embedding_bag", width=width, table=table, bags=codes, wanted=wanted, gradient=gradient)
        means = []
        for bag in wanted:
            sign = torch.tensor(signs[bag]).double()[:, None]
            means.append((table[bags[bag]] * sign).mean(0) if bags[bag] else torch.zeros(width).double())
        self.compare(answer, torch.stack(means), gradient, {"table": table})
        self.assertEqual(sorted(answer["touched"]), sorted({row for bag in bags for row in bag}))

    def test_adam_is_adam_on_dense_tensors_and_sparse_adam_on_tables(self):
        dense, rows, width, rate = 40, 700, 8, 0.01
        weights, table = torch.randn(dense).requires_grad_(), torch.randn(rows, width).requires_grad_()
        start = torch.cat([weights.detach(), table.detach().reshape(-1)])
        optimisers = [torch.optim.Adam([weights], rate), torch.optim.SparseAdam([table], rate)]
        steps = []
        for _ in range(12):
            touched = torch.randperm(rows)[:50]
            # Away from zero: SparseAdam adds ε to √v before the correction for the start, Adam (and ours) behind it.
            weights.grad, of_rows = torch.randn(dense), torch.randn(50, width).sign() * (1 + torch.rand(50, width))
            table.grad = torch.sparse_coo_tensor(touched[None], of_rows, (rows, width))
            whole = torch.cat([weights.grad, table.grad.to_dense().reshape(-1)])
            steps.append({"gradient": whole.tolist(), "touched": touched.tolist()})
            for optimiser in optimisers:
                optimiser.step()
        answer = self.probe("adam", dense=dense, rows=rows, width=width, parameters=start, learning_rate=rate,
                            steps=steps)
        end = torch.cat([weights.detach(), table.detach().reshape(-1)])
        self.close("parameters", answer["y"], end, FLOAT_TOLERANCE)
        moved = torch.as_tensor(answer["y"]) != start
        self.assertTrue(torch.equal(moved, end != start), "rows without a gradient must not move")


if __name__ == "__main__":
    unittest.main()
