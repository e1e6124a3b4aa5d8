import { Float64, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { InputError } from "#contracts/errors.ts";
import { Example } from "#contracts/example.ts";

const TEXT_COLUMNS = ["id", "label", "text", "lang", "split", "source", "family"] as const;
/** Key of the classes in the schema's metadata. */
export const CLASSES = "haqei.classes";

/** A frozen data set: its examples, and its classes in order. */
export interface Dataset {
  examples: Example[];
  classes: string[];
}

/** A data set as an Arrow IPC file, a column a field, the classes in the schema's metadata; read alike by pyarrow and DuckDB. */
export const toArrow = ({ examples, classes }: Dataset): Uint8Array => tableToIPC(tableOf(examples, classes), "file");

/** The examples as a table in memory. */
export function tableOf(examples: readonly Example[], classes: readonly string[]): Table {
  const columns = Object.fromEntries(
    TEXT_COLUMNS.map((name) => [
      name,
      vectorFromArray(
        examples.map((one) => one[name]),
        new Utf8(),
      ),
    ]),
  );
  const table = new Table({
    ...columns,
    acceptable: vectorFromArray(
      examples.map(({ acceptable }) => JSON.stringify(acceptable)),
      new Utf8(),
    ),
    weight: vectorFromArray(
      examples.map(({ weight }) => weight),
      new Float64(),
    ),
  });
  table.schema.metadata.set(CLASSES, JSON.stringify(classes));
  return table;
}

/** The data set of an Arrow IPC file that `toArrow` wrote. Throws InputError where it is none, or a row breaks the schema. */
export function fromArrow(bytes: Uint8Array): Dataset {
  const table = readTable(bytes);
  const classes = table?.schema.metadata.get(CLASSES);
  if (table === undefined || classes === undefined) {
    throw new InputError("these bytes are no data set of this project", "Build it with the preprocess stage.");
  }
  const examples = [...table].map((row, at) => exampleOf(row?.toJSON(), `row ${at}`));
  return { examples, classes: JSON.parse(classes) as string[] };
}

/** The example of a row; `place` names it where it breaks the schema, which throws InputError. */
export function exampleOf(row: Record<string, unknown> | undefined, place: string): Example {
  const example = Example.safeParse(unfold(row));
  if (example.success) return example.data;
  throw new InputError(`${place} breaks the schema: ${example.error.message}`, "Build the data set again.");
}

/** Lists travel as JSON in a text column, which every reader of Arrow has. */
function unfold(row: Record<string, unknown> | undefined): unknown {
  if (typeof row?.acceptable !== "string") return row;
  try {
    return { ...row, acceptable: JSON.parse(row.acceptable) as unknown };
  } catch {
    return row;
  }
}

function readTable(bytes: Uint8Array): Table | undefined {
  try {
    return tableFromIPC(bytes);
  } catch {
    return undefined;
  }
}
