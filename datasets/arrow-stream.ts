import { type FileHandle, open } from "node:fs/promises";
import { type AsyncRecordBatchFileReader, RecordBatchFileWriter, RecordBatchReader } from "apache-arrow";
import { InputError } from "#contracts/errors.ts";
import type { Example } from "#contracts/example.ts";
import { CLASSES, exampleOf, tableOf } from "./arrow.ts";

/** A data set in an Arrow file, read a record batch at a time, in any order. */
export interface StreamedDataset {
  readonly classes: readonly string[];
  /** How many record batches there are. */
  readonly batches: number;
  /** Throws InputError where a row breaks the schema. */
  read(batch: number): Promise<Example[]>;
  close(): Promise<void>;
}

/**
 * Opens an Arrow IPC file of `toArrow` or `writeArrow` without reading its rows: memory is that of the batches asked for.
 * Throws InputError where it is none.
 */
export async function openArrow(path: string): Promise<StreamedDataset> {
  const file = await opened(path);
  try {
    const reader = (await RecordBatchReader.from(file)) as AsyncRecordBatchFileReader;
    await reader.open();
    const classes = reader.schema.metadata.get(CLASSES);
    if (!reader.isFile() || classes === undefined) throw new Error("no classes in its schema");
    return {
      classes: JSON.parse(classes) as string[],
      batches: reader.numRecordBatches,
      async read(batch) {
        const rows = await reader.readRecordBatch(batch);
        if (!rows) throw new InputError(`${path} has no record batch ${batch}`, "Build the data set again.");
        return [...rows].map((row, at) => exampleOf(row?.toJSON(), `row ${at} of batch ${batch}`));
      },
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause instanceof InputError
      ? cause
      : new InputError(
          `${path} is no data set of this project`,
          "Build it with `haqei dataset export` or the preprocess stage.",
          { cause },
        );
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw new InputError(`${path} cannot be read: ${(cause as Error).message}`, "Check the path.", { cause });
  }
}

/** Writes a data set that need not fit in memory: each of `batches` becomes a record batch, one is held at a time. */
export async function writeArrow(
  path: string,
  classes: readonly string[],
  batches: Iterable<readonly Example[]>,
): Promise<void> {
  const file = await open(path, "w");
  try {
    const writer = new RecordBatchFileWriter();
    const written = (async () => {
      for await (const chunk of writer) await file.write(chunk);
    })();
    for (const examples of batches) {
      // A table as a whole would end the file.
      for (const batch of tableOf(examples, classes).batches) writer.write(batch);
      // Lets the bytes go to the file before the next batch is made.
      await new Promise(setImmediate);
    }
    writer.close();
    await written;
  } finally {
    await file.close();
  }
}
