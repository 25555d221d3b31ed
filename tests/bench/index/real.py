#!/usr/bin/env python3
"""Takes templates out of two databases of one model: real.py GALLERY PROBES OUT
A probe is called "who - photo". Leaves people.npy, queries.npy, truth.npy for `bench_index --real`."""
import json, pathlib, sys
import msgpack, numpy as np


def templates(folder):
    """Name -> template, see docs/FORMAT.md."""
    manifest = json.loads((folder / "latest.json").read_text())["manifest"]
    body = msgpack.unpackb(msgpack.unpackb((folder / manifest).read_bytes())["body"])
    found = {}
    for segment in body["segments"]:
        table = b"".join((folder / digest.hex()).read_bytes() for digest in segment["shards"]["files"])
        for at in range(0, len(table), 40):
            found |= of_shard((folder / table[at : at + 32].hex()).read_bytes())
    return found


def of_shard(data):
    up = lambda at: (at + 15) // 16 * 16
    length = int.from_bytes(data[12:16], "little")
    header = msgpack.unpackb(data[16 : 16 + length])
    (dim,) = header["dimensions"]
    counts = [p["templates"] + p["kept"] for p in header["performers"]]
    start = up(16 + length) + up(4 * sum(counts))
    vectors = np.frombuffer(data, "i1", sum(counts) * up(dim), start).reshape(-1, up(dim))[:, :dim]
    firsts = np.cumsum([0, *counts[:-1]])
    unit = lambda v: v / np.linalg.norm(v)
    return {p["name"]: unit(vectors[at].astype(np.float32)) for p, at in zip(header["performers"], firsts)}


gallery, probes, out = map(pathlib.Path, sys.argv[1:])
people, asked = templates(gallery), templates(probes)
names = sorted(people)
right = [(vector, names.index(who)) for name, vector in sorted(asked.items()) if (who := name.split(" - ")[0]) in people]
np.save(out / "people.npy", np.array([people[name] for name in names], "<f4"))
np.save(out / "queries.npy", np.array([vector for vector, _ in right], "<f4"))
np.save(out / "truth.npy", np.array([[who] for _, who in right], "<u4"))
print(len(names), "people,", len(right), "queries")
