import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readTsv } from "#training/examples.ts";

/** CLINC150's tables, `outside` being test queries that no class fits, from the folder that holds `clinc150/`; without them the process says what to do and ends with 3. */
export function readClinc() {
  const folder = process.env.HAQEI_BENCH_DATA ?? join(import.meta.dirname, "../../shared/data");
  const file = (split: string): string => join(folder, "clinc150", `${split}.tsv`);
  const absent = ["train", "val", "test", "oos_test"].map(file).filter((path) => !existsSync(path));
  if (absent.length > 0) {
    console.error(
      `${absent.join(", ")} not found. Set HAQEI_BENCH_DATA to the folder that holds clinc150/{train,val,test,oos_test}.tsv.`,
    );
    process.exit(3);
  }
  const read = (split: string) => readTsv(readFileSync(file(split), "utf8"), file(split));
  return { file, examples: read("train"), dev: read("val"), test: read("test"), outside: read("oos_test") };
}
