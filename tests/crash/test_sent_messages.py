"""What tells one message from another must itself be able to see a difference."""
import pathlib
import tempfile
import unittest

from sent_messages import RECORD, Contradiction, SentMessages


def post(body, what="keys"):
    return b"POST /v1/rounds/7/1/%s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (what.encode(), len(body), body)


def put(offset, body, length=None):
    return (b"PUT /v1/rounds/7/1/update/vector HTTP/1.1\r\nUpload-Offset: %d\r\ncontent-length: %d\r\n\r\n%s"
            % (offset, length or len(body), body))


class Sent(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bauta-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.sent = SentMessages(self.folder)

    def send(self, connection, *pieces, file="1"):
        with open(self.folder / file, "ab") as log:
            for piece in pieces:
                log.write(RECORD.pack(connection, len(piece)) + piece)
        self.sent.poll()

    def test_messages_and_vectors_are_put_together_from_any_pieces(self):
        stream = b"GET /v1/invitation HTTP/1.1\r\n\r\n" + post(b"ab") + put(0, b"cdef") + post(b"g", "unmask")
        self.send(1, b"", *(stream[i:i + 7] for i in range(0, len(stream), 7)))
        self.assertEqual({(7, 1, "keys"): b"ab", (7, 1, "unmask"): b"g"}, self.sent.messages)
        self.assertEqual({(7, 1): b"cdef"}, self.sent.vectors)

    def test_a_message_sent_again_is_the_same_or_a_contradiction(self):
        self.send(1, b"", post(b"ab"))
        self.send(2, b"", post(b"ab"), file="2")
        self.assertEqual(1, self.sent.repeats)
        with self.assertRaises(Contradiction):
            self.send(3, b"", post(b"ac"), file="3")

    def test_a_cut_upload_goes_on_with_the_same_vector_or_is_a_contradiction(self):
        self.send(1, b"", put(0, b"cdef", length=8))
        self.send(2, b"", put(2, b"efgh"))
        self.assertEqual({(7, 1): b"cdefgh"}, self.sent.vectors)
        with self.assertRaises(Contradiction):
            self.send(1, b"", put(4, b"gx"))

    def test_a_new_connection_at_the_same_place_begins_anew(self):
        self.send(1, b"", post(b"abc")[:-1])
        self.send(1, b"", post(b"ab"))
        self.assertEqual({(7, 1, "keys"): b"ab"}, self.sent.messages)


if __name__ == "__main__":
    unittest.main()
