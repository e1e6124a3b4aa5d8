-- What Analytics Engine has in production, under the same names (contracts/analytics.ts), for where there is none.
-- timestamp: seconds since 1970.
CREATE TABLE haqei_edge (
  timestamp INTEGER NOT NULL,
  _sample_interval INTEGER NOT NULL DEFAULT 1,
  blob1 TEXT, blob2 TEXT, blob3 TEXT, blob4 TEXT, blob5 TEXT, blob6 TEXT, blob7 TEXT, blob8 TEXT, blob9 TEXT, blob10 TEXT,
  double1 REAL, double2 REAL, double3 REAL, double4 REAL, double5 REAL, double6 REAL, double7 REAL, double8 REAL, double9 REAL,
  double10 REAL, double11 REAL, double12 REAL, double13 REAL, double14 REAL, double15 REAL, double16 REAL, double17 REAL,
  double18 REAL
);
CREATE INDEX haqei_edge_by_time ON haqei_edge (timestamp);
