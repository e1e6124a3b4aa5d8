"""The aggregation of preprocess in DuckDB: reactions joined to answers, the strongest decides, one label a text.

Prints CPU seconds, highest memory and the number of labelled texts as JSON. Usage: duck_aggregate.py EVENTS.jsonl
"""

import json
import resource
import sys

import duckdb

QUERY = """
WITH events AS (
  SELECT * FROM read_json(?, format = 'newline_delimited', maximum_object_size = 1048576, columns = {
    id: 'VARCHAR', type: 'VARCHAR', "user": 'VARCHAR', shownId: 'INTEGER', correctId: 'INTEGER', value: 'DOUBLE',
    served: 'STRUCT(shown INTEGER[], textHash VARCHAR, "at" BIGINT, text VARCHAR)'})
), once AS (
  SELECT * FROM events QUALIFY row_number() OVER (PARTITION BY id) = 1
), answers AS (
  SELECT served.text AS text,
    max(coalesce(shownId, served.shown[1])) FILTER (type = 'thumb' AND value = 1) AS thumb,
    max(coalesce(shownId, served.shown[1])) FILTER (type = 'click') AS click,
    max(coalesce(shownId, -1)) FILTER (type = 'dwell' AND value >= 10000) AS dwell
  FROM once GROUP BY served.textHash, "user", served.at, served.text
), lessons AS (
  SELECT text, coalesce(thumb, if(dwell = -1, click, dwell), click) AS class,
    if(thumb IS NOT NULL, 0.8, if(dwell IS NOT NULL, 0.5, 0.1)) AS weight
  FROM answers
), labels AS (
  SELECT text, class, sum(weight) AS weight FROM lessons WHERE class IS NOT NULL GROUP BY text, class
)
SELECT count(DISTINCT text) FROM labels
"""

connection = duckdb.connect(config={"threads": 1})
(texts,) = connection.execute(QUERY, [sys.argv[1]]).fetchone()
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpuSeconds": usage.ru_utime + usage.ru_stime, "peakBytes": usage.ru_maxrss * 1024, "texts": texts}))
