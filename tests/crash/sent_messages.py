"""What a client has ever handed to TLS, put together from the records of sent_log.cpp: its messages and vectors."""
import pathlib
import re
import struct

RECORD = struct.Struct("<QI")
REQUEST = re.compile(rb"(POST|PUT) /v1/rounds/(\d+)/(\d+)/([a-z/]+) ")


class Contradiction(AssertionError):
    """The same message, or piece of a vector, was sent with two contents."""


class SentMessages:
    """`messages` is {(round, attempt, what): body}, `vectors` {(round, attempt): the bytes from 0}."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.messages = {}
        self.vectors = {}
        self.repeats = 0
        self._file = None
        self._offset = 0
        self._streams = {}

    def poll(self):
        while True:
            names = sorted(path.name for path in self.folder.iterdir())
            if not names:
                return
            if self._file not in names:
                self._file, self._offset = names[0], 0
            self._read(self.folder / self._file)
            if self._file == names[-1]:
                return
            # A later file is there: nothing more comes to this one.
            self._read(self.folder / self._file)
            (self.folder / self._file).unlink()

    def forget_before(self, round_no):
        for known in (self.messages, self.vectors):
            for key in [key for key in known if key[0] < round_no]:
                del known[key]

    def _read(self, path):
        with open(path, "rb") as file:
            file.seek(self._offset)
            fresh = file.read()
        at = 0
        while at + RECORD.size <= len(fresh):
            connection, size = RECORD.unpack_from(fresh, at)
            if at + RECORD.size + size > len(fresh):
                break
            at += RECORD.size
            if size == 0:
                self._streams[connection] = bytearray()
            else:
                self._streams[connection] += fresh[at:at + size]
                self._requests(self._streams[connection])
            at += size
        self._offset += at

    def _requests(self, stream):
        """Takes what it can use off the stream: whole requests, and pieces of vectors as they come."""
        while True:
            head, found, _ = bytes(stream[:8192]).partition(b"\r\n\r\n")
            if not found:
                return
            headers = {name.strip().lower(): value.strip() for name, _, value in
                       (line.partition(b":") for line in head.split(b"\r\n")[1:])}
            length = int(headers.get(b"content-length", b"0"))
            body = bytes(stream[len(head) + 4:len(head) + 4 + length])
            request = REQUEST.match(head)
            if request and request.group(1) == b"PUT":
                self._piece((int(request.group(2)), int(request.group(3))), int(headers[b"upload-offset"]), body)
            if len(body) < length:
                return
            if request and request.group(1) == b"POST":
                self._message((int(request.group(2)), int(request.group(3)), request.group(4).decode()), body)
            del stream[:len(head) + 4 + length]

    def _message(self, key, body):
        known = self.messages.setdefault(key, body)
        if known is not body:
            self.repeats += 1
        if known != body:
            raise Contradiction(f"round {key[0]}, attempt {key[1]}: two different messages {key[2]!r} have left")

    def _piece(self, key, offset, piece):
        vector = self.vectors.setdefault(key, bytearray())
        if offset > len(vector):
            raise Contradiction(f"round {key[0]}, attempt {key[1]}: the upload goes on at {offset} after {len(vector)}")
        known = vector[offset:offset + len(piece)]
        if known != piece[:len(known)]:
            raise Contradiction(f"round {key[0]}, attempt {key[1]}: two different vectors have left under the same masks")
        vector += piece[len(known):]
