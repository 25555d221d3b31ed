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
    x = np.pad(np.array(vector, np.float32), (0, p - len(vector)))
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
    header, up = msgpack.unpackb(data[16 : 16 + length]), lambda at: (at + 15) // 16 * 16
    assert data[:8] == b"RCSHARD\0" and form == 1 and header["dimensions"] == dims
    counts = [p["templates"] + p["kept"] for p in header["performers"]]
    n, ends = sum(counts), np.cumsum(counts)[:-1]
    at, models = up(16 + length), []
    for d in dims:
        scales = np.frombuffer(data, "<f4", n, at)[:, None]
        q = np.frombuffer(data, "i1", n * up(d), at + up(4 * n)).reshape(n, -1)[:, :d]
        models.append(np.float32(q) * scales)
        at += up(4 * n) + n * up(d)
    assert at == len(data)
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
    for record in (table[at : at + 40] for at in range(0, len(table), 40)):
        assert int.from_bytes(record[32:36], "little") == len(rows)
        rows += read_shard(get(record[:32].hex(), record[:32]), dims)
    by_hash = sorted(rows, key=lambda row: hashlib.sha256(row[0]["id"].encode()).digest())
    assert len(rows) == segment["rows"] and rows == by_hash
    ids = set()
    for row, (p, _) in enumerate(rows):
        whole = [(i[:-37], uuid.UUID(i[-36:]).bytes) for i in [p["id"], *p.get("merged", [])]]
        all_ids = [*p.get("ids", {}).items(), *whole]
        ids |= {(segment["endpoints"].index(endpoint), i, row) for endpoint, i in all_ids}
    assert get_run(segment["ids"], 22) == b"".join(pack("<HI", e, r) + i for e, i, r in sorted(ids))
    looks = [(row, look) for row, (p, _) in enumerate(rows) for look in range(1, p["templates"])]
    assert [row for row, _ in looks] == segment.get("looks", [])
    records = [(row, 0) for row in range(len(rows))] + looks
    for number, model in enumerate(models):
        templates = [rows[row][1][number][look] for row, look in records]
        rotated = np.array([rotate(template, body["rotation"]) for template in templates])
        level = (np.abs(rotated)[..., None] > np.array(model["thresholds"], np.float32)).sum(-1)
        code = (rotated < 0).astype(int) << (model["planes"] - 1) | level
        for plane, run in enumerate(segment["planes"][number]):
            bits = np.packbits(code >> (model["planes"] - 1 - plane) & 1, 1, "little")
            assert bits.tobytes() == get_run(run, bits.shape[1]), "a sketch differs"
        values = np.where(rotated < 0, -1, 1) * (1 + 2 * level)
        codes.append(values / np.linalg.norm(values, axis=1, keepdims=True))
answers, known, w = [], [m["impostor"] for m in models], [m.get("weight") or 1 for m in models]
for query in json.loads(pathlib.Path(sys.argv[2]).read_text()):
    query, best = [np.array(q, np.float32) / np.linalg.norm(q) for q in query], set()
    for q, code in zip(query, codes):
        order = np.argsort(-(code @ rotate(q, body["rotation"])), kind="stable")
        best |= set(list(dict.fromkeys(records[i][0] for i in order))[:R])
    found = []
    for performer, vectors in (rows[row] for row in best):
        ids = [f"{e}:{uuid.UUID(bytes=i)}" for e, i in performer.get("ids", {}).items()]
        cosines = [v @ q for v, q in zip(vectors, query)]
        if len(models) > 1 and None not in known:
            z = [(c - k["mean"]) / k["sd"] for c, k in zip(cosines, known)]
            cosines = [known[0]["mean"] + known[0]["sd"] * np.average(z, 0, w)]
        if not {performer["id"], *ids, *performer.get("merged", [])} & set(body["tombstones"]):
            similarity = min(1, np.mean(cosines, 0).max())
            found.append((-float(similarity), performer["id"], performer["name"]))
    answers.append([{"id": i, "name": n, "similarity": -s} for s, i, n in sorted(found)])
print(json.dumps(answers, indent=1))
