"""The usual strong baseline for short texts: TF-IDF of words and of characters, one linear support vector machine a class.

python3 linear_svc.py TRAIN.tsv TEST.tsv  (label<TAB>text); prints {"seconds", "correct", "n", "bytes", "micros"}.
"""

import json
import pickle
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def read(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t")[:2] for line in file if line.strip()]
    return [label for label, _ in rows], [text for _, text in rows]


train_labels, train_texts = read(sys.argv[1])
test_labels, test_texts = read(sys.argv[2])
start = time.perf_counter()
model = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ),
    LinearSVC(),
)
model.fit(train_texts, train_labels)
seconds = time.perf_counter() - start
start = time.perf_counter()
predicted = model.predict(test_texts)
micros = (time.perf_counter() - start) / len(test_texts) * 1e6
correct = int(sum(p == t for p, t in zip(predicted, test_labels)))
size = len(pickle.dumps(model))
print(json.dumps({"seconds": seconds, "correct": correct, "n": len(test_texts), "bytes": size, "micros": micros}))
