-- The event log. seq never goes back, so a reader's cursor misses nothing; id makes feedback idempotent.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  received_at INTEGER NOT NULL,
  body TEXT NOT NULL
);

-- The release pointer: one row, moved by compare-and-set on epoch.
CREATE TABLE pointer (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  body TEXT NOT NULL
);
