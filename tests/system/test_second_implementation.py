"""The second client (tests/golden, written from docs/protocol.md) in rounds of the real coordinator."""
import concurrent.futures
import itertools
import random
import sys
import threading
import unittest

from system_test import ROOT, SystemTest, slowdown

sys.path.insert(0, str(ROOT / "tests/golden"))

from configuration import Service, to_toml  # noqa: E402

try:
    import packed_lanes
    import partner_link
    import rotation
    import second_client
    import shared_model
    from wire_format import Refused
except ModuleNotFoundError as missing:
    if (missing.name or "").split(".")[0] != "cryptography":
        raise
    partner_link = None

WEIGHTS = (1.0, 0.5, 0.25, 0.75, 1.0)


@unittest.skipIf(partner_link is None, "python3-cryptography is not installed")
class SecondClientTest(SystemTest):
    """Starts second clients as threads of the test, each with its own connection."""

    rounds = 1
    table_rows = 256
    update = {}
    round = {}
    policy = {}  # of the second clients

    def plan_text(self):
        """Little more than what differs from the defaults."""
        return to_toml({"name": "second", "model": {"table_rows": self.table_rows, "token_width": 8, "width": 8},
                        "training": {"local_steps": 5, "batch_size": 16}, "update": self.update,
                        "round": {"rounds": self.rounds, "deadline_seconds": round(self.deadline_seconds * slowdown()),
                                  **self.round}})

    def setUp(self):
        super().setUp()
        self.give_weights()
        self.stop = threading.Event()
        self.threads = concurrent.futures.ThreadPoolExecutor(max_workers=64)
        self.addCleanup(self.threads.shutdown)
        self.addCleanup(self.stop.set)

    def give_weights(self):
        roster = self.federation.pki / "roster.toml"
        first, *entries = roster.read_text(encoding="utf-8").split("[[partner]]")
        entries = [entry.replace("weight = 1.0", f"weight = {weight}") for entry, weight in zip(entries, itertools.cycle(WEIGHTS))]
        roster.write_text("[[partner]]".join([first, *entries]), encoding="utf-8")

    def partner(self, name):
        pki = self.federation.pki
        return second_client.Partner(name, (pki / "roster.toml").read_bytes(),
                                     (pki / "partners" / name / "signing.key").read_bytes(), self.federation.plan.read_bytes(),
                                     **self.policy)

    def link(self, partner):
        keys = self.federation.pki / "partners" / partner.roster.ids[partner.number]
        link = partner_link.PartnerLink("127.0.0.1", self.federation.ports[0], self.federation.pki / "ca.pem", keys / "tls.pem",
                                        keys / "tls.key", partner.roster.hash, give_up_after=60 * slowdown())
        self.addCleanup(link.close)
        return link

    def start_second_client(self, partner, lanes_for, **options):
        """The future of what take_part returns."""
        return self.threads.submit(partner_link.take_part, partner, self.link(partner), self.rounds, lanes_for, self.stop.is_set, **options)

    def results_of(self, futures):
        """What all of them returned; the first that fails fails the test at once."""
        done, _ = concurrent.futures.wait(futures, 60 * slowdown(), concurrent.futures.FIRST_EXCEPTION)
        for future in done:
            future.result()
        self.assertEqual(set(futures), done, "a second client did not come to an end")
        return [future.result() for future in futures]

    def start_coordinator(self):
        self.federation.start_coordinator()
        self.federation.create_token()


def base_of(attempt):
    return f"/v1/rounds/{attempt.descriptor.round_no}/{attempt.descriptor.attempt}"


class SecondClientsAmongThemselves(SecondClientTest):
    names = ("ada", "bob", "cyd", "dot", "eve")

    def services(self):
        return [Service(name, {}, {}) for name in self.names]

    def known_vector(self, partner, values):
        """A random vector over the whole range that the protocol allows; kept in `values`."""
        def lanes_for(attempt):
            top = shared_model.largest(attempt.descriptor.bits)
            drawn = random.Random(f"{partner.number} {attempt.descriptor.attempt}")
            values[partner.number, attempt.rctx] = [drawn.choice((-top, 0, top, drawn.randint(-top, top)))
                                                    for _ in range(attempt.descriptor.dimension)]
            return values[partner.number, attempt.rctx]
        return lanes_for

    def run_round(self, vanishes=None):
        """Every partner's view of the one round, and the vectors that went in: ({name: (attempt, ...)}, values)."""
        self.start_coordinator()
        values, futures = {}, {}
        for name in self.names:
            partner = self.partner(name)
            futures[name] = self.start_second_client(partner, self.known_vector(partner, values), uploads=name != vanishes)
        self.federation.wait_for_partners()
        self.finish_run(self.federation.start_run())
        results = dict(zip(futures, self.results_of(futures.values())))
        return {name: result[0] for name, result in results.items() if name != vanishes}, values

    def assert_exact(self, views, values, survivors):
        for attempt, _, _, lanes in views.values():
            self.assertEqual(survivors, {attempt.roster.ids[u] for u in attempt.u3})
            self.assertEqual([sum(column) for column in zip(*(values[u, attempt.rctx] for u in attempt.u3))], lanes)
        self.assertEqual(1, len({attempt.partner.model.name() for attempt, *_ in views.values()}))


class ThreeSecondClients(SecondClientsAmongThemselves):
    names = SecondClientsAmongThemselves.names[:3]
    update = {"bits": 9, "lane": 12}

    def test_three_second_clients_get_the_exact_sum_of_their_vectors_and_see_an_altered_one(self):
        views, values = self.run_round()
        self.assert_exact(views, values, set(self.names))
        for attempt, aggregate, packed_sum, _ in views.values():
            altered = bytes([packed_sum[0] ^ 1]) + packed_sum[1:]
            with self.assertRaisesRegex(Refused, "another sum"):
                attempt.accept_aggregate(aggregate, altered)
            opened, _ = attempt.accept_aggregate(aggregate, packed_sum)
            with self.assertRaisesRegex(Refused, "audit_sum"):
                partner_link.audit(self.link(attempt.partner), base_of(attempt), attempt, opened, altered)
        self.federation.coordinator.stop()


class FiveSecondClients(SecondClientsAmongThemselves):
    deadline_seconds = 15  # phase 3 waits for the one who vanished until 85 % of it have passed
    update = {"bits": 12, "lane": 16}

    def test_of_five_second_clients_one_vanishes_after_phase_2_and_the_sum_of_the_others_is_exact(self):
        views, values = self.run_round(vanishes="bob")
        self.assert_exact(views, values, set(self.names) - {"bob"})
        for attempt, aggregate, packed_sum, _ in views.values():
            self.assertEqual(5, len(attempt.u2))
            opened, _ = attempt.accept_aggregate(aggregate, packed_sum)
            self.assertEqual(5, len(opened.secrets))
        self.federation.coordinator.stop()


class SparseGraph(SecondClientsAmongThemselves):
    """The least cohort and plan that a sparse graph serves: five neighbours each, of whom three must stay."""

    names = tuple(f"p{number:02}" for number in range(24))
    update = {"bits": 6, "lane": 12}
    round = {"min_participants": 22, "max_colluding": 0.0, "mask_work_gigabytes": 0.0, "expected_dropout": 0.0}
    policy = {"min_colluding": 0.0}

    def test_second_clients_that_draw_their_neighbours_get_the_exact_sum(self):
        views, values = self.run_round()
        self.assert_exact(views, values, set(self.names))
        for attempt, *_ in views.values():
            self.assertEqual((second_client.SPARSE, 5), (attempt.descriptor.graph, attempt.descriptor.degree))
            self.assertEqual(5, len(attempt.u2[attempt.me].neighbours))
        self.federation.coordinator.stop()


class MixedFederation(SecondClientTest):
    rounds = 2
    table_rows = 2048  # a vector of two chunks
    update = {"rotation": True}  # range and lane follow
    second = "books"

    def services(self):
        services = super().services()
        return [service for service in services if service.name in ("cinema", "tea_shop")] + [Service(self.second, {}, {})]

    def small_update(self, attempt):
        """Nothing was learnt: a made-up update within the plan's norm, quantised as the protocol says."""
        d, drawn = attempt.descriptor, random.Random(attempt.descriptor.round_no)
        size = d.dimension - second_client.EVALUATION_LANES
        update = [drawn.uniform(-1, 1) * d.clip / size**0.5 for _ in range(size)]
        weight = attempt.roster.weights[attempt.me]
        rotated = rotation.rotate([weight * delta for delta in update], attempt.rctx, packed_lanes.keystream)
        return (shared_model.quantise(rotated, d.range, d.bits, drawn.random) +
                shared_model.quantise_metric(0.625, d.bits) + shared_model.quantise_metric(None, d.bits))

    def test_a_second_client_and_two_of_the_first_kind_train_two_rounds_and_agree_on_every_model(self):
        self.start_coordinator()
        partner = self.partner(self.second)
        future = self.start_second_client(partner, self.small_update)
        for name in self.federation.services:
            if name != self.second:
                self.federation.start_client(name)
        self.federation.wait_for_partners()
        status = self.finish_run(self.federation.start_run())
        [views] = self.results_of([future])
        self.assertEqual(status["model_hash"], partner.model.name().hex())
        self.assertEqual(2, partner.model.steps)
        for attempt, *_ in views:
            self.assertEqual({0, 1, 2}, attempt.u3)
            self.assertTrue(all(keys.vouches for keys in attempt.u1.values()))
            self.assertEqual([], attempt.complaints)
            self.assertEqual((32, True), (attempt.descriptor.lane, attempt.descriptor.rotation))
        self.assertNotEqual(views[0][0].descriptor.model_hash, views[1][0].descriptor.model_hash)
        for name in self.federation.clients:
            self.wait_for_event(self.federation.events_of(name), lambda entry: entry["event"] == "model applied" and
                                entry["model_hash"] == status["model_hash"])
        self.stop_all()


if __name__ == "__main__":
    unittest.main()
