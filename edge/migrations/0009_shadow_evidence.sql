-- A rollout begins with a shadow: what it comes to is counted by the pointer's epoch, and labels of disagreements are evidence.
-- first: the user's first query that both models answered. label: the class found right, 0 for none of those shown.
ALTER TABLE shadow_disagreements ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shadow_disagreements ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shadow_disagreements ADD COLUMN label INTEGER;
ALTER TABLE shadow_disagreements ADD COLUMN labelled_by TEXT;
ALTER TABLE shadow_disagreements ADD COLUMN labelled_at INTEGER;

-- In place of shadow_counts, which knew neither epochs nor failures. differed: whether the first query that both answered did; NULL before one.
DROP TABLE shadow_counts;
CREATE TABLE shadow_users (
  epoch INTEGER NOT NULL,
  model TEXT NOT NULL,
  shadow TEXT NOT NULL,
  user TEXT NOT NULL,
  agreed INTEGER NOT NULL,
  disagreed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  current_failed INTEGER NOT NULL,
  differed INTEGER,
  PRIMARY KEY (epoch, model, shadow, user)
) WITHOUT ROWID;
