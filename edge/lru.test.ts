import fc from "fast-check";
import { expect, it } from "vitest";
import { createLru } from "./lru.ts";

it("holds what was touched last, and no more than it may", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), fc.integer({ min: 1, max: 5 }), (steps, capacity) => {
      const lru = createLru<number>(capacity);
      let touched: number[] = [];
      const touch = (key: number) => {
        touched = [key, ...touched.filter((other) => other !== key)].slice(0, capacity);
      };
      for (const [write, key] of steps) {
        if (write) {
          lru.put(String(key), key);
          touch(key);
        } else {
          const known = touched.includes(key);
          expect(lru.get(String(key))).toBe(known ? key : undefined);
          if (known) touch(key);
        }
      }
    }),
  );
});
