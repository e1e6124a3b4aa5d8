-- Rows that D1 read and bytes that R2 gave (contracts/analytics.ts).
ALTER TABLE haqei_edge ADD COLUMN double19 REAL;
ALTER TABLE haqei_edge ADD COLUMN double20 REAL;
