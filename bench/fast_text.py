"""fastText's supervised classifier and its own compression (Joulin et al. 2016) on the same files.

python3 fast_text.py TRAIN.tsv TEST.tsv  (label<TAB>text); prints a list of {"name", "bytes", "correct", "n", "seconds", "micros"}.
"""

import json
import os
import sys
import tempfile
import time

import fasttext

CUTOFFS = (20000, 6000)


def read(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t")[:2] for line in file if line.strip()]


def write(rows, path):
    with open(path, "w", encoding="utf-8") as file:
        for label, text in rows:
            file.write(f"__label__{label.replace(' ', '_')} {text.lower()}\n")


def measure(name, model, folder, test, seconds):
    path = os.path.join(folder, "model")
    model.save_model(path)
    start = time.perf_counter()
    n, precision, _ = model.test(test)
    micros = (time.perf_counter() - start) / n * 1e6
    correct = round(n * precision)
    return {"name": name, "bytes": os.path.getsize(path), "correct": correct, "n": n, "seconds": seconds, "micros": micros}


with tempfile.TemporaryDirectory() as folder:
    train, test = os.path.join(folder, "train"), os.path.join(folder, "test")
    write(read(sys.argv[1]), train)
    write(read(sys.argv[2]), test)
    results = []
    start = time.perf_counter()
    settings = dict(lr=0.5, epoch=25, wordNgrams=2, minn=2, maxn=4, dim=50, bucket=200000, thread=2, seed=384, verbose=0)
    model = fasttext.train_supervised(train, **settings)
    results.append(measure("fasttext", model, folder, test, time.perf_counter() - start))
    for cutoff in CUTOFFS:
        start = time.perf_counter()
        model = fasttext.train_supervised(train, **settings)
        model.quantize(train, qnorm=True, retrain=True, cutoff=cutoff, dsub=2, verbose=0)
        results.append(measure(f"fasttext-quantised-{cutoff}", model, folder, test, time.perf_counter() - start))
    print(json.dumps(results))
