-- In which trace something was done (W3C Trace Context): leads from the audit to the run.
ALTER TABLE audit ADD COLUMN trace TEXT;
