"""What a foreign client asks of a pump, and tries with it: python3 cases.py FRAMES VECTORS SOCKET PUMPD STATE"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from client import Layouts, Programmer, key_id, public_bytes
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey, Ed25519PublicKey)

MICROGRAM = 1_000
MINUTE = 60_000_000_000
ORDER_OF_ED25519 = 2**252 + 27742317777372353535851937790883648493
DONE = ("answer", "none")


class Bench:
    def __init__(self, frames, vectors, socket, pumpd, state):
        self.layouts, self.socket, self.pumpd, self.state = Layouts(frames), socket, pumpd, state
        with open(vectors, encoding="ascii") as file:
            self.vectors = json.load(file)
        self.pump_key = bytes(32)
        self.clinician, self.other, self.patient, self.technician = [
            self.enroll(role) for role in ("clinician", "clinician", "patient", "technician")]

    def enroll(self, role):
        someone = Programmer(self.layouts, self.socket, self.pump_key)
        words = [self.pumpd, "enroll", "--state", self.state, "--socket", self.socket, "--role",
                 role, "--name", role, someone.public.hex()]
        printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        self.pump_key = someone.pump_key = bytes.fromhex(printed.split()[-1])
        return someone

    def again(self, who):
        return Programmer(self.layouts, self.socket, self.pump_key, who.key)

    def order(self, micrograms_per_day):
        """A constant basal, made of the vector of a program."""
        body = next(v["body"] for v in self.vectors["vectors"]
                    if (v["name"], v["change"]) == ("propose", "program"))
        order = json.loads(json.dumps(body))
        order.update(mode="continuous", pattern_count=1, week=[0] * 7,
                     max_dose_1h=60 * MICROGRAM, max_dose_24h=500 * MICROGRAM,
                     safe_basal={"rate": 200 * MICROGRAM})
        nothing = {"minute": 0, "rate": 0}
        for pattern in order["patterns"]:
            pattern["step_count"], pattern["steps"] = 0, [dict(nothing) for _ in range(24)]
        order["patterns"][0]["step_count"] = 1
        order["patterns"][0]["steps"][0]["rate"] = micrograms_per_day * MICROGRAM
        return order

    def program(self, who, micrograms_per_day):
        name, shown = who.propose("program", self.order(micrograms_per_day))
        assert name == "proposal", (name, shown)
        return shown["digest"]


def outcome(reply):
    name, body = reply
    return name, body.get("reason", body.get("fault"))


def expect(reply, *wanted):
    assert outcome(reply) in wanted, f"{outcome(reply)} is none of {wanted}"


REFUSED = ("rejected", "notPermitted")


# What works

def vectors(bench):
    """Every vector is read, written in the same bytes, and signed."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bench.vectors["secret_key"]))
    public = Ed25519PublicKey.from_public_bytes(public_bytes(key))
    for vector in bench.vectors["vectors"]:
        frame = bytes.fromhex(vector["frame"])
        name, body, seal = bench.layouts.read(frame)
        assert (name, body) == (vector["name"], vector["body"]), vector["name"]
        assert seal["key"] == key_id(public_bytes(key))
        public.verify(frame[-64:], frame[:-64])
        again = bench.layouts.frame(name, vector["change"], body, 7, seal, key)
        assert again == frame, vector["name"]


def status(bench):
    body = bench.clinician.status()
    assert body["serial"] == "BP-0001" and body["simulated"]


def program(bench):
    digest = bench.program(bench.clinician, 300)
    expect(bench.clinician.commit(digest), DONE)
    time.sleep(0.2)
    assert bench.clinician.status()["basal_rate"] == 300 * MICROGRAM


def bolus(bench):
    expect(bench.clinician.order("bolus", {"dose": 10 * MICROGRAM, "duration": 10 * MINUTE}), DONE)
    time.sleep(0.2)
    assert bench.clinician.status()["extra_dose"]["dose"] == 10 * MICROGRAM


def stop_and_resume(bench):
    """Unsigned by root, signed by a technician; both end what is given."""
    for stop in (lambda: bench.clinician.ask("stop"), lambda: bench.technician.order("stop")):
        expect(stop(), DONE)
        assert bench.clinician.status()["mode"] == "stoppedByCommand"
        expect(bench.clinician.order("resume"), DONE)
        assert bench.clinician.status()["mode"] == "continuous"


def rig(bench):
    """A technician may propose a rig; what the history is counted in may not change."""
    shown = next(v["body"] for v in bench.vectors["vectors"]
                 if (v["name"], v["change"]) == ("propose", "rig"))
    body = {name: value for name, value in shown.items() if name != "kind"}
    expect(bench.technician.propose("rig", body), ("answer", "otherHead"))


# What must not


def replayed(bench):
    frame = bench.clinician.signed("bolus", {"dose": MICROGRAM, "duration": 1})
    bench.clinician.send(frame)
    for _ in range(3):
        expect(bench.clinician.send(frame), REFUSED)
        expect(bench.again(bench.clinician).send(frame), REFUSED)


def numbers(bench):
    """An old number, a reused one, a negative one, signed anew with the newest challenge."""
    newest = bench.clinician.status()["newest_number"]
    for number in (0, 1, newest):
        expect(bench.clinician.order("resume", number=number), REFUSED)
    expect(bench.clinician.order("resume"), ("answer", "notStopped"))


def sealed_wrongly(bench):
    """A challenge that was never given, another pump's serial, another's key."""
    for seal in ({"challenge": {"nonce": 1, "session": 1}}, {"serial": "BP-0002"},
                 {"key": bench.other.id}, {"key": 1}):
        expect(bench.clinician.order("acknowledge", **seal), REFUSED)
    stale = bench.clinician.status()["challenge"]
    stale = {"nonce": stale["nonce"], "session": stale["session"] + 1}
    expect(bench.clinician.order("acknowledge", challenge=stale), REFUSED)


def flipped(bench):
    """One bit changed anywhere: nothing is believed, and the frame itself still is."""
    frame = bench.clinician.signed("resume")
    for bit in range(0, 8 * len(frame), 5):
        wrong = bytearray(frame)
        wrong[bit // 8] ^= 1 << bit % 8
        name, _ = outcome(bench.clinician.send(bytes(wrong)))
        assert name == "rejected", bit
    expect(bench.clinician.send(frame), ("answer", "notStopped"))


def cut(bench):
    frame = bench.clinician.signed("resume")
    for length in range(1, len(frame), 7):
        short = frame[:8] + length.to_bytes(4, "little") + frame[12:length]
        name, _ = outcome(bench.clinician.send(short[:length]))
        assert name == "rejected", length
    expect(bench.clinician.send(frame), ("answer", "notStopped"))


def signatures(bench):
    """Other signatures of the same, that a careless check would believe."""
    frame = bench.clinician.signed("resume")
    (r, s) = frame[-64:-32], int.from_bytes(frame[-32:], "little")
    for k in range(1, 8):
        if s + k * ORDER_OF_ED25519 < 2**256:
            wrong = r + (s + k * ORDER_OF_ED25519).to_bytes(32, "little")
            expect(bench.clinician.send(frame[:-64] + wrong), REFUSED)
    minus = (-s % ORDER_OF_ED25519).to_bytes(32, "little")
    for wrong in (r + minus, bytes(63) + b"\1", frame[-32:] + r):
        expect(bench.clinician.send(frame[:-64] + wrong), REFUSED)


def roles(bench):
    for who in (bench.patient, bench.technician):
        expect(who.propose("program", bench.order(200)), REFUSED)
        expect(who.order("bolus", {"dose": MICROGRAM, "duration": MINUTE}), REFUSED)
    expect(bench.patient.propose("clear", {}), REFUSED)
    expect(bench.technician.propose("clear", {}), ("answer", "noHardStop"))
    expect(bench.clinician.ask("resume"), REFUSED)
    expect(bench.clinician.ask("acknowledge"), REFUSED)


def relayed(bench):
    """What says that it carries frames of somebody else gets nothing done unsigned."""
    relay = bench.again(bench.clinician)
    expect(relay.ask("relayed"), DONE)
    expect(relay.ask("stop"), REFUSED)
    expect(relay.order("acknowledge"), ("answer", "nothingToAcknowledge"), DONE)


def digests(bench):
    """A wrong digest, another's digest, and the right one once."""
    digest = bench.program(bench.clinician, 290)
    gone = ("rejected", "noSuchProposal")
    expect(bench.clinician.commit("00" * 32), gone)
    expect(bench.other.commit(digest), gone)
    expect(bench.clinician.commit(digest), DONE)
    expect(bench.clinician.commit(digest), gone)


def clock_between(bench):
    """What was shown beside another clock, or before another commit, is void."""
    digest = bench.program(bench.clinician, 280)
    minutes = bench.other.status()["utc_offset"]
    body = {"utc_offset": 60 if minutes != 60 else 120, "stated": None}
    name, shown = bench.other.propose("clock", body)
    assert name == "proposal", shown
    expect(bench.other.commit(shown["digest"]), DONE)
    expect(bench.clinician.commit(digest), ("rejected", "noSuchProposal"))


def race(bench):
    """One frame from twelve connections at once is believed once."""
    frame, replies = bench.clinician.signed("resume"), []
    racers = [bench.again(bench.clinician) for _ in range(12)]
    threads = [threading.Thread(target=lambda r=r: replies.append(outcome(r.send(frame))))
               for r in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [("answer", "notStopped")] + 11 * [REFUSED], replies


def noise(bench):
    """Random messages, with a head and without: each has an answer, and none has an effect."""
    chance = random.Random(1)
    before = bench.clinician.status()["newest_number"]
    sender = bench.again(bench.clinician)
    for _ in range(500):
        noise = chance.randbytes(chance.randint(1, 400))
        if chance.random() < 0.5:
            kind = chance.choice(list(bench.layouts.numbers))
            head = b"ITBP" + bench.layouts.version.to_bytes(2, "little")
            head += kind.to_bytes(2, "little") + (16 + len(noise)).to_bytes(4, "little")
            noise = head + bytes(4) + noise
        # A status may be asked for by anything that has its shape.
        assert outcome(sender.send(noise))[0] in ("rejected", "status"), noise.hex()
    assert bench.clinician.status()["newest_number"] == before
    assert bench.clinician.status()["mode"] == "continuous"


def empty(bench):
    """An empty message ends the connection, and nothing else."""
    sender = bench.again(bench.clinician)
    sender.socket.send(b"")
    assert sender.socket.recv(100) == b""
    bench.clinician.status()


CASES = [vectors, status, program, bolus, stop_and_resume, rig, replayed, numbers,
         sealed_wrongly, flipped, cut, signatures, roles, relayed, digests, clock_between, race,
         noise, empty]


def main():
    if os.getuid() != 0:
        print("skipped: only root may enroll keys")
        print(f"0 passed, 0 failed, {len(CASES)} skipped")
        return 0
    bench, failed = Bench(*sys.argv[1:6]), 0
    for case in CASES:
        try:
            case(bench)
            print(f"passed: {case.__name__}")
        except Exception as error:
            failed += 1
            print(f"FAILED: {case.__name__}: {type(error).__name__} {error}")
            bench.clinician.connect()
    print(f"{len(CASES) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
