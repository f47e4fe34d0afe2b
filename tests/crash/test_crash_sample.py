"""A fixed choice of the crashes of test_crash_grid.py, and crashes of programs that leave an fsync out: those must be
found out, or the other tests would find nothing."""
import unittest

from crash_injector import AFTER, EVERYTHING, Point, place_of, points_of
from crash_test import CLIENT_ORIGIN, COORDINATOR_ORIGIN, Broken, CrashTest


def one_of_each_kind(points, calls):
    """For each kind of call one point, in turn of another side and loss."""
    groups = {}
    for point in points:
        groups.setdefault(place_of(calls[point.at - 1]), []).append(point)
    return [group[7 * index % len(group)] for index, group in enumerate(groups.values())]


class Sample(CrashTest):

    def check_sample(self, name, origin):
        self.start()
        calls = self.cycle_of(name, origin)
        self.crash_at_all(one_of_each_kind(points_of(calls, origin), calls),
                          lambda point: self.crash(name, point, seed=point.at))
        self.stop_all()

    def test_a_client_that_dies_at_any_kind_of_durable_write_goes_on_with_the_same_bytes(self):
        self.check_sample("books", CLIENT_ORIGIN)

    def test_a_coordinator_that_dies_at_any_kind_of_durable_write_goes_on_and_the_sums_are_exact(self):
        self.check_sample("coordinator", COORDINATOR_ORIGIN)

    def test_a_very_first_start_that_dies_at_any_kind_of_durable_write_is_followed_by_one_that_works(self):
        for name, event in (("coordinator", "listening"), ("books", "connected")):
            calls = self.first_calls_of(name, event)
            self.crash_at_all(one_of_each_kind(points_of(calls, ""), calls),
                              lambda point: self.crash_first_start(name, point, event))


class LeftOutSync(CrashTest):
    """What the power cut takes when the program does not sync must break what the other tests check."""

    def check_found(self, name, point, ignored, complaint):
        self.start()
        self.rounds_pass(1)
        with self.assertRaisesRegex(Broken, complaint):
            self.crash(name, point, ignored_sync=ignored)

    def test_a_client_that_does_not_sync_its_outbox_is_found_out(self):
        # The cycle's 80th call: its keys and shares have left.
        self.check_found("books", Point(80, AFTER, EVERYTHING, CLIENT_ORIGIN), "/client.db-wal", "its witness at")

    def test_a_client_that_does_not_sync_its_masked_vector_is_found_out(self):
        # The header that announces it is on the disk.
        self.check_found("books", Point(14, AFTER, EVERYTHING, "rename outbox/"), ".vector.tmp", r"\.vector ends before byte")

    def test_a_coordinator_that_does_not_sync_its_spool_is_found_out(self):
        # The 165th call: all uploads have been acknowledged.
        self.check_found("coordinator", Point(165, AFTER, EVERYTHING, COORDINATOR_ORIGIN), "/spool", "in the spool")

    def test_a_sum_of_other_updates_is_found_out(self):
        self.start()
        self.rounds_pass(2)
        key = min(self.sums)
        update = bytearray(self.updates["books"][key])
        update[0] ^= 1
        self.updates["books"][key] = bytes(update)
        with self.assertRaisesRegex(Broken, "not the sum of the updates"):
            self.check_rounds()


if __name__ == "__main__":
    unittest.main()
