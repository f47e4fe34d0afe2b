"""The second client's calls of the coordinator, docs/protocol.md §9: HTTP over mutual TLS 1.3, one connection, one thread."""
import http.client
import json
import random
import ssl
import time

from second_client import CHUNK
from wire_format import Refused


class Over(Exception):
    """The attempt is over: wait for another invitation."""


class PartnerLink:
    def __init__(self, host, port, ca, certificate, key, roster_hash, give_up_after=60):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(ca)
        context.load_cert_chain(certificate, key)
        self.connection = http.client.HTTPSConnection(host, port, timeout=40, context=context)
        self.roster_hash = roster_hash.hex()
        self.give_up_after = give_up_after  # seconds of "tries again" for one call

    def close(self):
        self.connection.close()

    def call(self, method, path, body=None, headers=()):
        """(status, body); temporary troubles are waited out."""
        end = time.monotonic() + self.give_up_after
        while True:
            try:
                if self.connection.sock is None:
                    self.connection.connect()
                    names = self.connection.sock.getpeercert()["subjectAltName"]
                    if [value for kind, value in names if kind == "URI"] != ["urn:bauta:coordinator"]:
                        raise Refused("the server is not the coordinator")
                self.connection.request(method, path, body, {"Bauta-Roster-Hash": self.roster_hash, **dict(headers)})
                answer = self.connection.getresponse()
                content = answer.read()
                code = json.loads(content)["code"] if answer.status >= 400 else ""
            except (OSError, http.client.HTTPException):
                self.connection.close()
                code = "unreachable"
            temporary = code == "unreachable" or code == "wrong_phase" or code and (answer.status == 429 or answer.status >= 500)
            if not temporary:
                break
            if time.monotonic() > end:
                raise TimeoutError(f"{method} {path}: {code}")
            time.sleep(0.1)
        if answer.getheader("Bauta-Roster-Hash", self.roster_hash) != self.roster_hash:
            raise Refused("the coordinator works with another roster")
        if answer.status == 410 or answer.status == 404:
            raise Over(content.decode())
        if answer.status >= 400 and code != "late":
            raise Refused(f"{method} {path}: {answer.status} {content.decode()}")
        return answer.status, content

    def fetch(self, path, stop):
        """Asks until there is an answer; None once stop() says so."""
        while not stop():
            status, content = self.call("GET", path)
            if status == 200:
                return content
        return None

    def invitation(self, after, stop):
        return self.fetch(f"/v1/invitation?after={after[0]}.{after[1]}", stop)

    def post(self, path, message):
        """A phase that is over is no error: what comes next is in the set that ends it."""
        return self.call("POST", path, message, {"Content-Type": "application/x-protobuf"})[1]

    def upload(self, path, vector, piece):
        """From where the coordinator's copy ends, `piece` bytes in a request; ends early where the phase is over."""
        status, content = self.call("GET", path)
        while status == 200 and not json.loads(content)["complete"]:
            at = json.loads(content)["offset"]
            status, content = self.call("PUT", path, vector[at:at + piece], {
                "Content-Type": "application/octet-stream", "Upload-Offset": str(at)})


def audit(link, base, attempt, aggregate, packed_sum):
    """Of one random chunk."""
    chunk = random.SystemRandom().randrange(-(-len(packed_sum) // CHUNK))
    path = f"{base}/audit/chunks/{chunk}"
    attempt.audit(aggregate, packed_sum, chunk,
                  lambda after: link.call("GET", path + ("" if after is None else f"?after={after}"))[1])


def take_part(partner, link, rounds, lanes_for, stop, uploads=True):
    """Takes part until `rounds` aggregates are applied; returns [(attempt, aggregate message, packed sum, lanes)].

    lanes_for(attempt) is the vector before its masks. Without `uploads` it vanishes for good after phase 2.
    """
    done = []
    after = (0, 0)
    while len(done) < rounds and not stop():
        invitation = link.invitation(after, stop)
        if invitation is None:
            break
        attempt = partner.accept_invitation(invitation)
        after = partner.latest
        base = f"/v1/rounds/{after[0]}/{after[1]}"
        fetch = lambda what: link.fetch(f"{base}/{what}", lambda: False)
        try:
            link.post(f"{base}/keys", attempt.advertise_keys())
            link.post(f"{base}/shares", attempt.share_keys(fetch("keys")))
            if not uploads:
                break
            header, vector = attempt.masked_update(fetch("shares"), lanes_for(attempt))
            link.post(f"{base}/update", header)
            link.upload(f"{base}/update/vector", vector, CHUNK)
            statement = attempt.certify(fetch("survivors"))
            if statement:
                link.post(f"{base}/survivors", statement)
            link.post(f"{base}/unmask", attempt.unmask(fetch("certificate")))
            aggregate, packed_sum = fetch("aggregate"), fetch("aggregate/vector")
            opened, lanes = attempt.accept_aggregate(aggregate, packed_sum)
            audit(link, base, attempt, opened, packed_sum)
        except Over:
            continue
        partner.apply(attempt, opened, lanes)
        done.append((attempt, aggregate, packed_sum, lanes))
    return done
