"""A programmer in another language, made of frames.json and SpeakingToAPump.md alone."""

import hashlib
import json
import socket
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey, Ed25519PublicKey)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PATIENCE_S = 5


class Refused(Exception):
    """A frame that is not one."""


class Layouts:
    """Every frame, as the description says it."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            book = json.load(file)
        self.version, self.seal, self.words = book["version"], book["seal"], book["words"]
        self.kinds = {}
        for kind in book["kinds"]:
            self.kinds[kind["name"], kind.get("change", "")] = kind
        self.numbers = {kind["kind"]: kind["name"] for kind in book["kinds"]}

    # What is written

    def encode(self, fields, values):
        out = b""
        for field in fields:
            value = values[field["name"]]
            times = field.get("times", 1)
            for item in value if times > 1 else [value]:
                out += self.encode_one(field, item)
        return out

    def encode_one(self, field, value):
        kind = field["type"]
        if kind == "flag":
            return bytes([value])
        if kind == "word":
            return bytes([0 if value == "none" else self.words[field["words"]][value]])
        if kind == "text":
            text = value.encode("ascii")
            return text.ljust(31, b"\0") + bytes([len(text)])
        if kind == "bytes":
            return bytes.fromhex(value)
        if kind == "group":
            return self.encode(field["fields"], value)
        if kind in ("if_present", "or_zeros"):
            if value is not None:
                return b"\1" + self.encode(field["fields"], value)
            return b"\0" * (1 if kind == "if_present" else 1 + self.width(field["fields"]))
        if kind == "list":
            single = len(field["fields"]) == 1
            items = [{field["fields"][0]["name"]: item} if single else item for item in value]
            body = b"".join(self.encode(field["fields"], item) for item in items)
            return len(value).to_bytes(field["count_bytes"], "little") + body
        return value.to_bytes(int(kind[1:]) // 8, "little", signed=kind[0] == "i")

    def width(self, fields):
        """Of fields that always have the same."""
        total = 0
        for field in fields:
            kind = field["type"]
            own = {"flag": 1, "word": 1, "text": 32, "bytes": field.get("bytes")}.get(kind)
            if kind == "group":
                own = self.width(field["fields"])
            elif kind == "or_zeros":
                own = 1 + self.width(field["fields"])
            total += field.get("times", 1) * (own or int(kind[1:]) // 8)
        return total

    # What is read

    def decode(self, fields, data):
        values = {}
        for field in fields:
            items = []
            for _ in range(field.get("times", 1)):
                item, data = self.decode_one(field, data)
                items.append(item)
            values[field["name"]] = items if field.get("times", 1) > 1 else items[0]
        return values, data

    def decode_one(self, field, data):
        kind = field["type"]
        if kind == "flag":
            return data[0] == 1, data[1:]
        if kind == "word":
            names = {number: name for name, number in self.words[field["words"]].items()}
            if field.get("or_none"):
                names[0] = "none"
            return names[data[0]], data[1:]
        if kind == "text":
            return data[:data[31]].decode("ascii"), data[32:]
        if kind == "bytes":
            return data[:field["bytes"]].hex(), data[field["bytes"]:]
        if kind == "group":
            return self.decode(field["fields"], data)
        if kind == "if_present":
            return self.decode(field["fields"], data[1:]) if data[0] else (None, data[1:])
        if kind == "or_zeros":
            value, rest = self.decode(field["fields"], data[1:])
            return (value if data[0] else None), rest
        if kind == "list":
            width, items = field["count_bytes"], []
            count, data = int.from_bytes(data[:width], "little"), data[width:]
            for _ in range(count):
                item, data = self.decode(field["fields"], data)
                items.append(list(item.values())[0] if len(item) == 1 else item)
            return items, data
        width = int(kind[1:]) // 8
        number = int.from_bytes(data[:width], "little", signed=kind[0] == "i")
        if not field["least"] <= number <= field["most"]:
            raise Refused(f"{field['name']} is {number}")
        return number, data[width:]

    # Whole frames

    def frame(self, name, change, body, number, seal, key=None):
        kind = self.kinds[name, change]
        payload = self.encode(kind["fields"], body) + self.encode(self.seal, seal)
        head = b"ITBP" + self.version.to_bytes(2, "little") + kind["kind"].to_bytes(2, "little")
        head += (16 + len(payload)).to_bytes(4, "little") + number.to_bytes(4, "little")
        whole = head + payload
        return whole[:-64] + key.sign(whole[:-64]) if key else whole

    def read(self, frame):
        """The kind, the body and the seal of a frame."""
        if frame[:4] != b"ITBP" or int.from_bytes(frame[4:6], "little") != self.version:
            raise Refused("not a frame of this version")
        if int.from_bytes(frame[8:12], "little") != len(frame):
            raise Refused("a length that lies")
        name = self.numbers[int.from_bytes(frame[6:8], "little")]
        body = frame[16:-self.width(self.seal)]
        change = ""
        if name in ("propose", "proposal"):
            # The kind of change stands where the fields of all of them agree.
            at = 0 if name == "propose" else 32 + 4 * 8
            change = {n: w for w, n in self.words["ChangeKind"].items()}[body[at]]
        values, rest = self.decode(self.kinds[name, change]["fields"], body)
        if rest:
            raise Refused(f"{len(rest)} bytes too many")
        return name, values, self.decode(self.seal, frame[-self.width(self.seal):])[0]


def key_id(public):
    return int.from_bytes(hashlib.sha256(public).digest()[:8], "little")


def public_bytes(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class Programmer:
    """One connection to a pump, and a key."""

    def __init__(self, layouts, path, pump_key, key=None):
        self.layouts, self.path, self.pump_key = layouts, path, pump_key
        self.key = key or Ed25519PrivateKey.generate()
        self.public = public_bytes(self.key)
        self.id = key_id(self.public)
        self.count = 0
        self.connect()

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(self.path)

    def unsigned_seal(self):
        return {"serial": "-", "key": self.id, "number": self.count + 1,
                "challenge": {"nonce": 0, "session": 0}, "signature": "00" * 64}

    def send(self, frame):
        self.socket.send(frame)
        return self.receive(frame)

    def receive(self, question):
        answer = self.socket.recv(8192)
        if not answer:
            raise ConnectionError("the pump closed the connection")
        name, body, seal = self.layouts.read(answer)
        if seal["signature"] != "00" * 64:
            self.check(answer, seal, question)
        return name, body

    def check(self, answer, seal, question):
        """That the pump gave this answer to this question."""
        try:
            Ed25519PublicKey.from_public_bytes(self.pump_key).verify(answer[-64:], answer[:-64])
        except InvalidSignature as error:
            raise Refused("an answer of somebody else") from error
        digest = hashlib.sha256(question).digest()
        echo = {"nonce": int.from_bytes(digest[:8], "little"),
                "session": int.from_bytes(digest[8:16], "little")}
        if seal["challenge"] != echo or seal["number"] not in (self.number_of(question), 0):
            raise Refused("an answer to another question")
        if seal["key"] != key_id(self.pump_key):
            raise Refused("an answer under another key")

    def number_of(self, question):
        """What the seal of a question says; 0 where none can be read."""
        try:
            whole = question[-self.layouts.width(self.layouts.seal):]
            return self.layouts.decode(self.layouts.seal, whole)[0]["number"]
        except (Refused, LookupError, ValueError):
            return 0

    def ask(self, name, body=None):
        self.count += 1
        seal = self.unsigned_seal()
        return self.send(self.layouts.frame(name, "", body or {}, self.count, seal))

    def status(self):
        name, body = self.ask("askStatus")
        assert name == "status", (name, body)
        return body

    def signed(self, name, body=None, change="", **seal):
        """A command for the pump as it is now; `seal` alters what stands in its seal."""
        status = self.status()
        self.count += 1
        whole = {"serial": status["serial"], "key": self.id,
                 "number": status["newest_number"] + 1, "challenge": status["challenge"],
                 "signature": "00" * 64}
        whole.update(seal)
        return self.layouts.frame(name, change, body or {}, self.count, whole, self.key)

    def order(self, name, body=None, change="", **seal):
        return self.send(self.signed(name, body, change, **seal))

    def propose(self, change, body):
        """Returns the digest; it covers what was sent and what is shown."""
        asked = {"kind": change, **body}
        frame = self.signed("propose", asked, change)
        name, shown = self.send(frame)
        if name != "proposal":
            return name, shown
        fields = self.layouts.kinds["proposal", change]["fields"]
        covered = frame[16:-self.layouts.width(self.layouts.seal)]
        covered += self.layouts.encode(fields, shown)[32:]
        if hashlib.sha256(covered).hexdigest() != shown["digest"]:
            raise Refused("the digest is of something else")
        return name, shown

    def commit(self, digest):
        return self.order("commit", {"digest": digest})
