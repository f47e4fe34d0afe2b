"""Every durable write of a round, on either side and torn, with and without a loss of power. Takes half an hour."""
import unittest

from crash_injector import AFTER, BEFORE, EVERYTHING, NOTHING, SOME, Point, points_of
from crash_test import CLIENT_ORIGIN, COORDINATOR_ORIGIN, Broken, CrashTest


class Grid(CrashTest):

    def check_grid(self, name, origin):
        self.start()
        points = points_of(self.cycle_of(name, origin), origin)
        self.crash_at_all(points, lambda point: self.crash(name, point, seed=point.at))
        self.stop_all()

    def check_dying_again(self, name, origin):
        """After a power cut at each sync of a round: dies once more at one of the first calls of the restart."""
        self.start()
        calls = self.cycle_of(name, origin)
        syncs = [at for at, call in enumerate(calls, 1) if call.startswith("sync ")]

        def crash(point):
            again = Point(1 + point.at % 16, (BEFORE, AFTER)[point.at % 2], (NOTHING, EVERYTHING, SOME)[point.at % 3])
            return self.crash(name, point, seed=point.at, again=again)

        self.crash_at_all([Point(at, AFTER, EVERYTHING, origin) for at in syncs], crash)
        self.stop_all()

    def check_first_start(self, name, event):
        calls = self.first_calls_of(name, event)
        self.crash_at_all(points_of(calls, ""), lambda point: self.crash_first_start(name, point, event))

    def test_a_client_that_dies_at_any_durable_write_of_a_round(self):
        self.check_grid("books", CLIENT_ORIGIN)

    def test_a_coordinator_that_dies_at_any_durable_write_of_a_round(self):
        self.check_grid("coordinator", COORDINATOR_ORIGIN)

    def test_a_client_that_dies_again_in_its_restart(self):
        self.check_dying_again("books", CLIENT_ORIGIN)

    def test_a_coordinator_that_dies_again_in_its_restart(self):
        self.check_dying_again("coordinator", COORDINATOR_ORIGIN)

    def test_a_client_that_dies_in_its_very_first_start(self):
        self.federation.start_coordinator()
        self.check_first_start("books", "connected")

    def test_a_coordinator_that_dies_in_its_very_first_start(self):
        self.check_first_start("coordinator", "listening")


class BackTooLate(CrashTest):
    """The attempt is void and repeated with fresh keys before the client is back."""

    deadline_seconds = 10
    MOST_VOID = 20
    ORDINARY = CrashTest.ORDINARY + ("attempt over",)

    def test_a_client_that_comes_back_after_its_attempt_was_void(self):
        self.start()

        def wait_for_void():
            before = self.void
            self.wait(lambda: self.void > before, self.deadline_seconds, "the attempt was void without its third client")

        # In the phases 1 to 3: what is sent in them is on the disk, and may have left.
        for origin, later in (("rename models/current", 30), ("rename updates/", 2), ("rename outbox/", 2),
                              ("rename outbox/", 18)):
            self.assertIsNotNone(self.crash("books", Point(later, AFTER, EVERYTHING, origin), while_down=wait_for_void))
        self.stop_all()


class LeftOutSync(CrashTest):
    """Each fsync that the product makes is needed: without it a power cut breaks what the other tests check."""

    PATIENCE = 8

    def check_needed(self, name, origin, ignored):
        self.start()
        self.rounds_pass(1)
        for later in range(1, 60):
            try:
                self.crash(name, Point(later, AFTER, EVERYTHING, origin), ignored_sync=ignored)
            except Broken as broken:
                print(f"without fsync of {ignored}: {broken}")
                return
        self.fail(f"no power cut shows that {name} needs to sync {ignored}")

    def test_the_clients_database(self):
        self.check_needed("books", "sync client.db-wal", "/client.db-wal")

    def test_the_clients_database_when_its_log_is_cut(self):
        self.check_needed("books", "sync client.db", "/client.db")

    def test_the_clients_witness(self):
        self.check_needed("books", "sync client.generation", "/client.generation")

    def test_the_clients_masked_vector(self):
        self.check_needed("books", "sync outbox/", ".vector.tmp")

    def test_the_name_of_the_clients_masked_vector(self):
        self.check_needed("books", "rename outbox/", "/outbox")

    def test_the_clients_update(self):
        self.check_needed("books", "sync updates/", "/updates/")

    def test_the_clients_model(self):
        self.check_needed("books", "sync models/current", "/models/current")

    def test_the_coordinators_journal(self):
        self.check_needed("coordinator", "sync coordinator.db-wal", "/coordinator.db-wal")

    def test_the_coordinators_uploads(self):
        self.check_needed("coordinator", "sync spool/", ".upload")

    def test_the_names_of_the_coordinators_uploads(self):
        self.check_needed("coordinator", "sync spool/", "/spool")

    def test_the_coordinators_sum(self):
        self.check_needed("coordinator", "sync sums/", "/sums/")

    def test_the_coordinators_model(self):
        self.check_needed("coordinator", "sync models/", "/models/")

    def test_the_name_of_the_coordinators_model(self):
        self.check_needed("coordinator", "rename models/", "/models")


if __name__ == "__main__":
    unittest.main()
