#!/usr/bin/env python3
"""Other people's indexes over the vectors that `bench_index generate --matrices` left: peers.py DATA KEPT
Prints a line of JSON for each. Graphs that an earlier run built are taken from KEPT."""
import json, os, pathlib, sys, time

os.environ["OMP_NUM_THREADS"] = "1"
import faiss, hnswlib, numpy as np, usearch.index, voyager

DATA, KEPT = map(pathlib.Path, sys.argv[1:])
BUILD_THREADS, EF, CONSTRUCTION, M, K = os.cpu_count(), 200, 200, 16, 10
vectors = np.load(DATA / "vectors-0.npy")
queries = np.load(DATA / "queries-0.npy")
truth, exact = np.load(DATA / "truth.npy")[:, 0], np.load(DATA / "exact.npy")
count, dim = vectors.shape


class Voyager:
    def __init__(self, kind):
        self.kind = kind

    def build(self, path):
        index = voyager.Index(
            voyager.Space.Cosine, dim, M=M, ef_construction=CONSTRUCTION, max_elements=count, storage_data_type=self.kind
        )
        index.add_items(vectors, num_threads=BUILD_THREADS)
        index.save(str(path))

    def load(self, path):
        index = voyager.Index.load(str(path))
        return lambda query: index.query(query, k=K, query_ef=EF, num_threads=1)[0]


class Usearch:
    def build(self, path):
        index = usearch.index.Index(ndim=dim, metric="cos", dtype="f32", connectivity=M, expansion_add=CONSTRUCTION)
        index.add(np.arange(count), vectors, threads=BUILD_THREADS)
        index.save(str(path))

    def load(self, path):
        index = usearch.index.Index.restore(str(path))
        index.expansion_search = EF
        return lambda query: index.search(query, K, threads=1).keys


class Hnswlib:
    def build(self, path):
        index = hnswlib.Index("cosine", dim)
        index.init_index(count, ef_construction=CONSTRUCTION, M=M)
        index.add_items(vectors, num_threads=BUILD_THREADS)
        index.save_index(str(path))

    def load(self, path):
        index = hnswlib.Index("cosine", dim)
        index.load_index(str(path), max_elements=count)
        index.set_ef(EF)
        return lambda query: index.knn_query(query, k=K, num_threads=1)[0][0]


class FaissFlat:
    def build(self, path):
        index = faiss.IndexFlatIP(dim)
        index.add(vectors)
        faiss.write_index(index, str(path))

    def load(self, path):
        faiss.omp_set_num_threads(1)
        index = faiss.read_index(str(path))
        return lambda query: index.search(query[None], K)[1][0]


PEERS = {
    "voyager E4M3": Voyager(voyager.StorageDataType.E4M3),
    "voyager float32": Voyager(voyager.StorageDataType.Float32),
    "usearch": Usearch(),
    "hnswlib": Hnswlib(),
    "faiss-flat": FaissFlat(),
}


def measure(name, peer):
    path = KEPT / f"{name.replace(' ', '-')}-{M}-{CONSTRUCTION}"
    built = path.with_suffix(".seconds")
    if not built.exists():
        start = time.process_time()
        peer.build(path)
        built.write_text(str(time.process_time() - start))
    start = time.perf_counter()
    search = peer.load(path)
    load = time.perf_counter() - start
    times, first, neighbours = [], 0, 0
    for query, who, best in zip(queries, truth, exact):
        start = time.perf_counter()
        found = search(query)
        times.append((time.perf_counter() - start) * 1e3)
        first += found[0] == who
        neighbours += len(set(map(int, found)) & set(map(int, best)))
    low, median, high, p95 = np.percentile(times, [25, 50, 75, 95])
    return {
        "name": name,
        "disk_bytes": path.stat().st_size,
        "build_cpu_s": float(built.read_text()),
        "load_ms": load * 1e3,
        "query": {"n": len(times), "median_ms": median, "p95_ms": p95, "spread": (high - low) / median},
        "top1": int(first) / len(queries),
        "recall10": neighbours / (K * len(queries)),
    }


for name, peer in PEERS.items():
    print(json.dumps(measure(name, peer)), flush=True)
