-- Who was given which arm while a canary was out, by the pointer's epoch: a stage has epochs of its own. user is the salted hash.
CREATE TABLE exposures (
  epoch INTEGER NOT NULL,
  arm TEXT NOT NULL,
  user TEXT NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  PRIMARY KEY (epoch, arm, user)
) WITHOUT ROWID;
