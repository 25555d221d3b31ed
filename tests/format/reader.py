#!/usr/bin/env python3
"""Reads a Rollcall database of one segment as docs/FORMAT.md has it: reader.py FOLDER QUERIES.json
Checks all hashes and ids, makes the sketches again from the shards, prints who is found as JSON."""
import hashlib, json, pathlib, sys, uuid
from struct import pack
import msgpack, numpy as np

FOLDER, R = pathlib.Path(sys.argv[1]), 5

def get(name, digest):
    data = (FOLDER / name).read_bytes()
    assert hashlib.sha256(data).digest() == digest, f"{name} has the wrong hash"
    return data

def get_run(run, record):
    parts = [get(digest.hex(), digest) for digest in run["files"]]
    assert all(len(part) == (1 << 20) // record * record for part in parts[:-1])
    assert sum(map(len, parts)) == run["bytes"]
    return b"".join(parts)

def generator(state):
    while True:
        state = z = (state + 0x9E3779B97F4A7C15) % (1 << 64)
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % (1 << 64)
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % (1 << 64)
        yield z ^ (z >> 31)

def rotate(vector, spec):
    p = max(64, 1 << (len(vector) - 1).bit_length())
    x = np.zeros(p, np.float32)
    x[: len(vector)] = vector
    numbers = generator(spec["seed"])
    for _ in range(spec["rounds"]):
        words = [next(numbers) for _ in range(p // 64)]
        x *= np.array([1 - 2 * (words[i // 64] >> i % 64 & 1) for i in range(p)], np.float32)
        for step in range(p.bit_length() - 1):
            a, b = np.split(x.reshape(-1, 2, 1 << step), 2, axis=1)
            x = np.concatenate([a + b, a - b], 1).reshape(p)
        x *= np.float32(1 / np.sqrt(np.float64(p)))
    return x

def read_shard(data, dims):
    form, length = np.frombuffer(data, "<u4", 2, 8)
    header = msgpack.unpackb(data[16 : 16 + length])
    assert data[:8] == b"RCSHARD\0" and form == 1 and header["dimensions"] == dims
    n = sum(p["templates"] + p["kept"] for p in header["performers"])
    up = lambda at: (at + 15) // 16 * 16
    at, models = up(16 + length), []
    for d in dims:
        scales = np.frombuffer(data, "<f4", n, at)[:, None]
        q = np.frombuffer(data, "i1", n * up(d), at + up(4 * n)).reshape(n, -1)[:, :d]
        models.append(q.astype(np.float32) * scales)
        at += up(4 * n) + n * up(d)
    assert at == len(data)
    ends = np.cumsum([p["templates"] + p["kept"] for p in header["performers"]])[:-1]
    return list(zip(header["performers"], zip(*[np.split(m, ends) for m in models])))

latest = json.loads((FOLDER / "latest.json").read_text())
outer = msgpack.unpackb(get(latest["manifest"], bytes.fromhex(latest["manifest"][9:-3])))
assert latest["format"] == outer["format"] == 1
body = msgpack.unpackb(outer["body"])
assert body["min_reader"] <= 1 and body["version"] == latest["version"]
models, dims = body["models"], [m["dimension"] for m in body["models"]]
rows, codes = [], []
for segment in body["segments"][:1]:
    table = get_run(segment["shards"], 40)
    for at in range(0, len(table), 40):
        assert int.from_bytes(table[at + 32 : at + 36], "little") == len(rows)
        rows += read_shard(get(table[at : at + 32].hex(), table[at : at + 32]), dims)
    by_hash = sorted(rows, key=lambda row: hashlib.sha256(row[0]["id"].encode()).digest())
    assert len(rows) == segment["rows"] and rows == by_hash
    ids = set()
    for row, (p, _) in enumerate(rows):
        own, own_id = p["id"].split(":")
        for endpoint, i in [(own, uuid.UUID(own_id).bytes), *p.get("ids", {}).items()]:
            ids.add((segment["endpoints"].index(endpoint), i, row))
    assert get_run(segment["ids"], 22) == b"".join(pack("<HI", e, r) + i for e, i, r in sorted(ids))
    for number, model in enumerate(models):
        rotated = np.array([rotate(vectors[number][0], body["rotation"]) for _, vectors in rows])
        level = (np.abs(rotated)[..., None] > np.array(model["thresholds"], np.float32)).sum(-1)
        code = (rotated < 0).astype(int) << (model["planes"] - 1) | level
        for plane, run in enumerate(segment["planes"][number]):
            bits = (code >> (model["planes"] - 1 - plane) & 1).astype(np.uint8)
            bits = np.packbits(bits, axis=1, bitorder="little")
            assert bits.tobytes() == get_run(run, bits.shape[1]), "a sketch differs"
        values = np.where(rotated < 0, -1, 1) * (1 + 2 * level)
        codes.append(values / np.linalg.norm(values, axis=1, keepdims=True))
answers = []
for query in json.loads(pathlib.Path(sys.argv[2]).read_text()):
    query = [np.array(q, np.float32) / np.linalg.norm(q) for q in query]
    best = set()
    for q, code in zip(query, codes):
        best |= set(np.argsort(-(code @ rotate(q, body["rotation"])), kind="stable")[:R].tolist())
    found = []
    for performer, vectors in (rows[row] for row in best):
        similarity = np.mean([v @ q for v, q in zip(vectors, query)], 0).max()
        found.append((-float(similarity), performer["id"], performer["name"]))
    found = sorted(f for f in found if f[1] not in body["tombstones"])
    answers.append([{"id": i, "name": n, "similarity": -s} for s, i, n in found])
print(json.dumps(answers, indent=1))
