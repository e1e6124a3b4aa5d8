-- What the offline half publishes for the dashboard: the last of each name.
CREATE TABLE statuses (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  operator TEXT NOT NULL,
  body TEXT NOT NULL
);

-- Who did what by an admin route. Written before it is done; status follows.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  operator TEXT NOT NULL,
  action TEXT NOT NULL,
  status INTEGER
);
