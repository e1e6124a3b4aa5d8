-- Users who asked to be forgotten: their events are gone, and the next retrain must know. user is the salted hash of the id;
-- last_seq is how far the log had come, so that a reader of the log learns it even where its last rows were deleted.
CREATE TABLE erasures (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  user TEXT NOT NULL,
  last_seq INTEGER NOT NULL
);

-- Every switch between normal and simple mode, the last one in force until its time.
CREATE TABLE modes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  mode TEXT NOT NULL,
  until INTEGER,
  reason TEXT NOT NULL
);
