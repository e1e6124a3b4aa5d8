-- Feedback that waited in a queue is not written once its user asked to be forgotten, which is looked up with each write.
CREATE INDEX erasures_by_user ON erasures (user, at);
