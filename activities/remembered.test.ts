import { expect, it } from "vitest";
import { remembered } from "./remembered.ts";

it("asks again after its time, and after a failure at once", async () => {
  let [now, asked] = [0, 0];
  const read = remembered(
    async () => {
      asked += 1;
      if (asked === 2) throw new Error("away");
      return asked;
    },
    10,
    () => now,
  );
  expect([await read(), await read()]).toEqual([1, 1]);
  now = 10;
  await expect(read()).rejects.toThrow("away");
  expect(await read()).toBe(3);
});
