-- Queries to which the released model and its shadow gave different first answers, for people to label. body: contracts/shadow.ts.
CREATE TABLE shadow_disagreements (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  user TEXT NOT NULL,
  body TEXT NOT NULL
);

-- How often they agreed, by user: users are the unit of every comparison. user is the salted hash of the id, '' without one.
CREATE TABLE shadow_counts (
  model TEXT NOT NULL,
  shadow TEXT NOT NULL,
  user TEXT NOT NULL,
  agreed INTEGER NOT NULL,
  disagreed INTEGER NOT NULL,
  PRIMARY KEY (model, shadow, user)
);
